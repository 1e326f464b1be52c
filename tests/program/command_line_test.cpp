// The program as its users call it: exit status, what it prints, what it leaves on disk.
#include <algorithm>
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace fs = std::filesystem;

namespace {

const std::string kDigits = data_path("digits_res.json");

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

// A network whose convolution `a` is scaled by `pair`.
Net pair_net() {
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 3, 8, 8}), 4, {.spread = 4});
  net.output(net.conv("b", net.relu("r", a), 2));
  net.calibrate();
  return net;
}

// Runs a rule text on pair_net() in a folder of its own; the model and the rules are all that may be there afterwards
// unless the run succeeds.
struct Try {
  TemporaryFolder folder;
  Outcome outcome;
  explicit Try(const std::string& rules, const Net& net = pair_net(), std::vector<std::string> more = {}) {
    net.save(folder.path(), "m");
    write_file(folder / "r.dsl", rules);
    const std::size_t before = files_in(folder.path());
    std::vector<std::string> arguments = {"m.json", "./r.dsl"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    outcome = run_engine(arguments, {.folder = folder.path()});
    if (outcome.status != 0) CHECK(files_in(folder.path()) == before);  // nothing was written
  }
};

std::string scale_rule(const std::string& formula) {
  return "rule s { region r { parents Conv as p through Relu children Conv as c } do scale(p, " + formula + ") }\n";
}

}  // namespace

TEST_CASE("A trained network goes in, a certified one comes out, and the report says what was done") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_engine({kDigits, "equalization", "-o", "out.json", "--json", "report.json"}, {.folder = folder.path()});
  INFO(outcome.err);
  CHECK(outcome.status == 0);
  CHECK(outcome.err.empty());
  CHECK(contains(outcome.out, "certified: scales, 31 operators checked"));
  CHECK(contains(outcome.out, "residual_family"));
  CHECK(contains(outcome.out, "wrote "));
  CHECK(fs::exists(folder / "out.json"));
  CHECK(fs::exists(folder / "out.safetensors"));
  CHECK(contains(read_file(folder / "report.json"), "\"certificate\": {\"holds\": true"));
  CHECK(files_in(folder.path()) == 3);          // nothing temporary is left
  CHECK_FALSE(contains(outcome.out, "\x1b["));  // no colours but on a terminal
}

TEST_CASE("Without -o the output is the model's stem with .rewritten in the current folder") {
  const TemporaryFolder folder;
  CHECK(run_engine({kDigits, "equalization", "--quiet"}, {.folder = folder.path()}).out.empty());
  CHECK(fs::exists(folder / "digits_res.rewritten.json"));
  CHECK(fs::exists(folder / "digits_res.rewritten.safetensors"));
}

TEST_CASE("--dry-run does everything but write") {
  const TemporaryFolder folder;
  const Outcome outcome = run_engine({kDigits, "equalization", "--dry-run"}, {.folder = folder.path()});
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "dry run: nothing was written"));
  CHECK(files_in(folder.path()) == 0);
}

TEST_CASE("--only, --param and --skip-node") {
  const TemporaryFolder folder;
  const auto run = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {kDigits, "equalization", "--dry-run"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_engine(arguments, {.folder = folder.path()});
  };
  CHECK_FALSE(contains(run({"--only", "pair"}).out, "residual_family"));
  CHECK(contains(run({"--param", "pair.hi=1", "--only", "pair"}).out, "0  1\n"));  // every scale is clamped to 1
  CHECK(contains(run({"--skip-node", "*Gemm*", "--skip-node", "*stem*"}).out, "skipped by --skip-node"));
  CHECK(run({"--only", "pear"}).status == 2);
  CHECK(run({"--only", "pear"}).err ==
        "rewrite-engine: --only: no rule 'pear' in these files; there are: pair, concat, residual_family\n");
  CHECK(run({"--param", "pair.high=3"}).err ==
        "rewrite-engine: --param: rule 'pair' has no parameter 'high'; it has: lo = 1, hi = 20\n");
  CHECK(run({"--param", "pair.hi=much"}).err ==
        "rewrite-engine: --param pair.hi=much: 'much' is no number: write --param pair.hi=20\n");
  CHECK(run({"--param", "hi=3"}).status == 2);
}

TEST_CASE("Wrong usage is exit status 2") {
  CHECK(run_engine({}).status == 2);
  CHECK(run_engine({kDigits}).status == 2);
  CHECK(run_engine({kDigits, "equalization", "--unknown"}).status == 2);
  for (const char* count : {"0", "-1", "two", ""})
    CHECK(run_engine({kDigits, "equalization", "--dry-run", "--threads", count}).status == 2);
  CHECK(run_engine({"--help"}).status == 0);
  CHECK(contains(run_engine({"--version"}).out, "rewrite-engine "));
}

TEST_CASE("A report goes neither over a file that was read nor where the new model goes") {
  const TemporaryFolder folder;
  pair_net().save(folder.path(), "m");
  write_file(folder / "r.dsl", scale_rule("2"));
  write_file(folder / "s.json", "{}");
  fs::create_hard_link(folder / "m.json", folder / "other.json");
  for (const char* option : {"--json", "--plan", "--html", "--node-data"}) {
    INFO(option);
    const auto run = [&](const std::string& report) {
      const Outcome outcome = run_engine({"m.json", "./r.dsl", "--stats", "s.json", "-o", "out.json", option, report},
                                         {.folder = folder.path()});
      CHECK(outcome.status == 1);
      return outcome.err;
    };
    const std::size_t before = files_in(folder.path());
    const std::string model = read_file(folder / "m.json");
    CHECK(run("m.json") ==
          "m.json: is the same file as the input 'm.json': an input is not written over; name another file\n");
    CHECK(run("other.json") ==
          "other.json: is the same file as the input 'm.json': an input is not written over; name another file\n");
    CHECK(run("./s.json") ==
          "./s.json: is the same file as the input 's.json': an input is not written over; name another file\n");
    CHECK(run("r.dsl") ==
          "r.dsl: is the same file as the input './r.dsl': an input is not written over; name another file\n");
    fs::create_symlink("/proc/self/fd/1", folder / "stdout");  // as /dev/stdout is
    CHECK(run("stdout") == "stdout: is a name of the system for an open file, expected the name of a file\n");
    fs::remove(folder / "stdout");
    // Files that the model brings with it.
    CHECK(run("./out.safetensors") == "out.safetensors: would be two files at once: each needs a name of its own\n");
    CHECK(run("./out.json") == "./out.json: would be two files at once: each needs a name of its own\n");
    CHECK(files_in(folder.path()) == before);
    CHECK(read_file(folder / "m.json") == model);
  }
}

TEST_CASE("A name that no file can have is wrong usage, and a folder is no name of a model") {
  const TemporaryFolder folder;
  pair_net().save(folder.path(), "m");
  write_file(folder / "r.dsl", scale_rule("2"));
  fs::create_directory(folder / "d");
  const auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"m.json", "./r.dsl", "--quiet"});
    return run_engine(more, {.folder = folder.path()});
  };
  for (const char* option : {"--out", "--json", "--plan", "--html", "--node-data"}) {
    INFO(option);
    CHECK(run({option, ""}).status == 2);
    CHECK(run({option, ""}).err.starts_with(fmt::format("rewrite-engine: {}: expected the name of a file\n", option)));
    CHECK(run({option, "-"}).status == 2);
  }
  for (const char* out : {"d", "d/", "."})
    CHECK(run({"-o", out}).err == fmt::format("{}: is a folder, expected the name of a file\n", out));
  CHECK(run({"--plan", "p.json", "--json", "./p.json"}).err ==
        "p.json: would be two files at once: each needs a name of its own\n");
  CHECK(files_in(folder.path()) == files_in(folder.path() / "d") + 4);  // m.json, its weights, r.dsl, d
}

TEST_CASE("Rule files without a rule leave the model as it is, and say so") {
  const TemporaryFolder folder;
  write_file(folder / "none.dsl", "# nothing\n");
  const Outcome outcome = run_engine({kDigits, "./none.dsl", "--dry-run"}, {.folder = folder.path()});
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "these files have no rule: the model stays as it is\n"));
  CHECK_FALSE(contains(outcome.out, "not rewritten"));
}

TEST_CASE("A model where a rule file is expected") {
  CHECK(contains(run_engine({kDigits, "digits.onnx", "--dry-run"}).err,
                 "a rule file is called NAME.dsl; the model stands before the rules"));
}

TEST_CASE("A glob of --skip-node that no operator has is wrong usage") {
  const Outcome outcome =
      run_engine({kDigits, "equalization", "--dry-run", "--skip-node", "*stem*", "--skip-node", "stme"});
  CHECK(outcome.status == 2);
  CHECK(outcome.err.starts_with(
      "rewrite-engine: --skip-node stme: no operator of the model has such a name: its names are "));
}

TEST_CASE("Names with control characters come out escaped, in errors and in the report") {
  const TemporaryFolder folder;
  const auto model = [&](const std::string& input) {
    write_file(folder / "m.json", R"({"format": "rewrite-engine/model", "version": 1,
      "inputs": [{"name": "x", "shape": [1, 1, 4, 4]}], "outputs": ["y"],
      "tensors": {"w": {"dtype": "float32", "shape": [1, 1, 1, 1], "data": [2]}},
      "nodes": [{"name": "a\u001b[31m\n", "op": "Conv", "inputs": [")" +
                                      input + R"(", "w"], "outputs": ["t"]},
                {"name": "b\u0007", "op": "Sigmoid", "inputs": ["t"], "outputs": ["y"]}]})");
    return run_engine({"m.json", "equalization", "--dry-run"}, {.folder = folder.path()});
  };
  const auto clean = [](const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
  };
  const Outcome fine = model("x"), wrong = model("z\\u0009");
  CHECK(fine.status == 0);
  CHECK(clean(fine.out));
  CHECK(contains(fine.out, "a\\u001b[31m\\n"));
  CHECK(wrong.status == 1);
  CHECK(clean(wrong.err));
  CHECK(contains(wrong.err, "a\\u001b[31m\\n"));
  CHECK(std::count(wrong.err.begin(), wrong.err.end(), '\n') == 1);
}

TEST_CASE("A model whose name a terminal would obey is named escaped by every command") {
  const TemporaryFolder folder;
  const std::string name = "m\x1b[31m.json";
  write_file(folder / name, R"({"format": "rewrite-engine/model", "version": 1,
    "inputs": [{"name": "x", "shape": [1, 1, 4, 4]}], "outputs": ["y"],
    "tensors": {"w": {"dtype": "float32", "shape": [1, 1, 1, 1], "data": [2]}},
    "nodes": [{"name": "a", "op": "Conv", "inputs": ["x", "w"], "outputs": ["t"]},
              {"name": "b", "op": "Conv", "inputs": ["t", "w"], "outputs": ["y"]}]})");
  const std::vector<std::vector<std::string>> commands = {{name, "cross_layer", "--dry-run"},
                                                          {name, "cross_layer"},
                                                          {"explain", name, "cross_layer"},
                                                          {"ops", name},
                                                          {"check", name},
                                                          {"fmt", name},
                                                          {"test", name},
                                                          {"apply", "plan.json", name},
                                                          {name, name},
                                                          {"nothing.json", "./" + name}};
  for (const std::vector<std::string>& command : commands) {
    const Outcome outcome = run_engine(command, {.folder = folder.path()});
    INFO(command[0] << ' ' << command[1] << ": " << outcome.out << outcome.err);
    CHECK((outcome.out + outcome.err).find('\x1b') == std::string::npos);
    CHECK(!(outcome.out + outcome.err).empty());
  }
}

TEST_CASE("A rule file that cannot be read is a mistake, by every command, and stays as it is") {
  const TemporaryFolder folder;
  write_file(folder / "m.json", R"({"format": "rewrite-engine/model", "version": 1, "inputs": [], "outputs": [],
    "tensors": {}, "nodes": []})");
  std::filesystem::create_directory(folder / "folder.dsl");
  std::filesystem::create_symlink("/proc/self/mem", folder / "broken.dsl");  // its first page is an I/O error
  std::filesystem::create_symlink("loop.dsl", folder / "loop.dsl");
  write_file(folder / "uses.dsl", "use \"broken.dsl\"\n");
  const std::vector<std::pair<std::string, std::string>> cases = {{"folder.dsl", "is no regular file"},
                                                                  {"broken.dsl", "Input/output error"},
                                                                  {"loop.dsl", "Too many levels of symbolic links"},
                                                                  {"uses.dsl", "Input/output error"},
                                                                  {"none.dsl", "no such file"}};
  for (const auto& [file, why] : cases) {
    const std::vector<std::vector<std::string>> commands = {{"m.json", file},
                                                            {"check", file},
                                                            {"test", file},
                                                            {"explain", "m.json", file},
                                                            {"ops", "m.json", "--rules", file}};
    for (const std::vector<std::string>& command : commands) {
      const Outcome outcome = run_engine(command, {.folder = folder.path()});
      INFO(command[0] << ' ' << file << ": " << outcome.out << outcome.err);
      CHECK(outcome.status == 1);
      CHECK(contains(outcome.err, why));
    }
    if (file == "uses.dsl") continue;
    const Outcome formatted = run_engine({"fmt", file}, {.folder = folder.path()});
    CHECK(formatted.status == 1);
    CHECK(contains(formatted.err, why));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "m.rewritten.json"));
}

TEST_CASE("Mistakes in rules are exit status 1 with file, line and mark, and nothing is written") {
  const Try wrong("set conv = Conv\nrule a { region r { parents covn as p children conv as c } do scale(p, 2) }\n");
  CHECK(wrong.outcome.status == 1);
  CHECK(contains(wrong.outcome.err, "r.dsl:2:29: error: unknown set 'covn' [unknown-name]"));
  CHECK(contains(wrong.outcome.err, "did you mean 'conv'?"));
  CHECK(wrong.outcome.out.empty());
  const Outcome missing = run_engine({kDigits, "./none.dsl"});
  CHECK(missing.status == 1);
  CHECK(contains(missing.err, "none.dsl"));
  CHECK(contains(missing.err, "no such file"));
  CHECK(run_engine({kDigits, "equalisation"}).status == 1);
}

TEST_CASE("A scale that is not finite and > 0 is an error that names rule, node, channel and the values it came from") {
  for (const char* formula : {"p.max - p.max", "0 - p.max", "p.max / 0", "0 / (p.max * 0)", "p.max * 0"}) {
    const Try wrong(scale_rule(formula));
    INFO(formula << ": " << wrong.outcome.err);
    CHECK(wrong.outcome.status == 1);
    CHECK(contains(wrong.outcome.err, "error: rule 's' asks for scale "));
    CHECK(contains(wrong.outcome.err, "of channel 0 of 'a'"));
    CHECK(contains(wrong.outcome.err, "clamp(x, lo, hi)"));
    CHECK(contains(wrong.outcome.err, "do scale(p, "));  // the line, with a mark under it
  }
  CHECK(contains(Try(scale_rule("p.max * 0")).outcome.err, ", where p.max = "));
}

TEST_CASE("Parents that share a class and ask for different scales stop the run") {
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.conv("a", x, 4), b = net.conv("b", x, 4);
  net.output(net.conv("d", net.add("s", a, b), 2));
  net.calibrate();
  const Try wrong("rule s { region r { parents Conv as p join Add children Conv as c } do scale(p, 1 + p.weight) }\n",
                  net);
  CHECK(wrong.outcome.status == 1);
  INFO(wrong.outcome.err);
  CHECK(contains(wrong.outcome.err, "for channel 0 of 'a' and "));
  CHECK(contains(wrong.outcome.err, "for channel 0 of 'b', which share one scale"));
  CHECK(contains(wrong.outcome.err, "r.dsl:1:"));
  CHECK(contains(wrong.outcome.err, "across(min, x) makes one value"));
}

TEST_CASE("NaN in a weight that is edited, NaN or infinity in one that a formula reads") {
  for (const float bad : {NAN, INFINITY}) {
    for (const char* formula : {"2", "1 + p.weight", "1 + 0 * p.bias"}) {
      Net net;
      const auto x = net.input("x", {1, 1, 4, 4});
      Array weight({2, 1, 1, 1}, std::vector<float>{1, 2});
      Array bias({2}, std::vector<float>{1, 2});
      const bool in_bias = std::string(formula).find("bias") != std::string::npos;
      const auto a = net.op("Conv", "a", {x, net.constant("w", weight), net.constant("b", bias)});
      net.output(net.conv("c", a, 2));
      const TemporaryFolder folder;
      net.save(folder.path(), "m");
      // The builder computes with what it is given; the bad value goes into the file.
      std::string text = read_file(folder / "m.json");
      const std::string from = in_bias ? "\"b\"" : "\"w\"";
      const std::size_t at = text.find('[', text.find("\"data\"", text.find(from)));
      REQUIRE(at != std::string::npos);
      text.replace(at + 1, text.find_first_of(",]", at) - at - 1, std::isnan(bad) ? "\"nan\"" : "\"inf\"");
      write_file(folder / "m.json", text);
      write_file(folder / "r.dsl", scale_rule(formula));
      const Outcome outcome = run_engine({"m.json", "./r.dsl"}, {.folder = folder.path()});
      INFO(formula << " " << outcome.err);
      if (std::isinf(bad) && formula == std::string("2")) {  // infinity times 2
        CHECK(outcome.status == 0);
        continue;
      }
      CHECK(outcome.status == 1);
      CHECK(contains(outcome.err, in_bias ? "tensor 'b'" : "tensor 'w'"));
      CHECK_FALSE(fs::exists(folder / "m.rewritten.json"));
    }
  }
}

TEST_CASE("A statistic along the channel axis whose length is not the channel count") {
  const TemporaryFolder folder;
  pair_net().save(folder.path(), "m");
  write_file(folder / "s.json", R"({"r": {"min": [0, 0, 0], "max": [1, 2, 3]}})");
  const Outcome outcome = run_engine({"m.json", "equalization", "--stats", "s.json"}, {.folder = folder.path()});
  CHECK(outcome.status == 1);
  CHECK(outcome.err ==
        "s.json: calibration 'r': has ranges for 3 channels along axis 1, but the tensor [1, 4, 8, 8] has 4\n");
}

TEST_CASE("Two convolutions that share a weight: copied where their edits differ") {
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.conv("a", x, 3, {.spread = 4});
  const auto b = net.conv("b", net.relu("ra", a), 3, {.bias = false, .weight = "a.weight"});
  net.output(net.conv("c", net.relu("rb", b), 2));
  net.calibrate();
  const TemporaryFolder folder;
  net.save(folder.path(), "m");
  const Outcome outcome = run_engine({"m.json", "equalization", "-o", "out.json"}, {.folder = folder.path()});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(read_file(folder / "out.json"), "a.weight@b"));
}

TEST_CASE("Weights that do not fit, inputs that nobody produces, cycles: errors with the node") {
  const auto attempt = [](const std::string& nodes) {
    const TemporaryFolder folder;
    write_file(
        folder / "m.json",
        R"({"format": "rewrite-engine/model", "version": 1, "inputs": [{"name": "x", "shape": [1, 3, 4, 4]}], "outputs": ["y"],
      "tensors": {"w": {"dtype": "float32", "shape": [2, 4, 1, 1], "data": [1, 2, 3, 4, 5, 6, 7, 8]}}, "nodes": [)" +
            nodes + "]}");
    const Outcome outcome = run_engine({"m.json", "equalization"}, {.folder = folder.path()});
    CHECK(outcome.status == 1);
    CHECK(files_in(folder.path()) == 1);
    return outcome.err;
  };
  CHECK(attempt(R"({"name": "c", "op": "Conv", "inputs": ["x", "w"], "outputs": ["y"]})") ==
        "m.json: node 'c': its weight 'w' has shape [2, 4, 1, 1] for 4 input channels, its input 'x' has 3: [1, 3, 4, "
        "4]\n");
  CHECK(contains(attempt(R"({"name": "c", "op": "Relu", "inputs": ["z"], "outputs": ["y"]})"), "node 'c'"));
  CHECK(contains(
      attempt(
          R"({"name": "a", "op": "Relu", "inputs": ["b"], "outputs": ["y"]}, {"name": "c", "op": "Relu", "inputs": ["y"], "outputs": ["b"]})"),
      "cycle: "));
  CHECK(contains(
      attempt(
          R"({"name": "a", "op": "Relu", "inputs": ["x"], "outputs": ["y"]}, {"name": "c", "op": "Relu", "inputs": ["x"], "outputs": ["y"]})"),
      "one producer"));
}

// explain as its users call it, on trained networks.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <functional>

#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace fs = std::filesystem;

TEST_CASE("explain of a trained network: the nearest miss, its remedy, and that the remedy holds") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_engine({"explain", data_path("digits_res.json"), "equalization", "--json", "why.json", "--limit", "1"},
                 {.folder = folder.path()});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.substr(outcome.out.find(": ")) == R"(: 9 regions with parents: 7 matched, 2 left alone

Conv '/l/l.3/b/b.0/Conv', Conv '/l/l.3/d/d.0/Conv', Conv '/l/l.4/b/b.0/Conv' -> Conv '/l/l.4/a/a.0/Conv', Gemm '/fc/Gemm' (64 channels)
  Gemm '/fc/Gemm' absorbs its scale, and `children` does not name it: residual_family (equalization:36), pair (equalization:12), concat (equalization:24)
  ReduceMean '/ReduceMean' stands inside, and `through` does not name it: residual_family (equalization:34), pair (equalization:11), concat (equalization:22)
  pair (equalization:7)
    Add '/l/l.3/Add' joins inside, and the region (equalization:9) has no `join`; 1 more like it
  concat (equalization:18)
    Add '/l/l.3/Add' joins inside, and `join` (equalization:23) does not name it; 1 more like it
    it has none of the joins that `join` (equalization:23) asks for
  remedy: add Gemm to `children` (equalization:36), and add ReduceMean to `through` (equalization:34); then residual_family would scale 64 of 64 channels here

and 1 region more: --limit N tells more of them, --node GLOB those around an operator

matched: pair 5, residual_family 2

what would unlock most
  1. 1 region, 64 channels  add Gemm to `children` (equalization:36), and add ReduceMean to `through` (equalization:34)
)");
  CHECK(contains(read_file(folder / "why.json"), "\"format\": \"rewrite-engine/explain\""));
  // The rule file changed as it says takes one region and its channels more.
  std::string rules = read_file(source_path("rules/equalization.dsl"));
  const std::size_t rule = rules.find("rule residual_family");
  rules.insert(rules.find("children conv", rule) + 13, ", Gemm");
  rules.insert(rules.find("transparent", rule) + 11, ", ReduceMean");
  write_file(folder / "r.dsl", rules);
  const Outcome changed = run_engine({data_path("digits_res.json"), "./r.dsl", "--dry-run"}, {.folder = folder.path()});
  CHECK(contains(changed.out, "not rewritten: 1 region\n"));
}

TEST_CASE("The end of a run names the reasons and a command that explains them when it is pasted") {
  const TemporaryFolder folder;
  fs::copy(data_path("digits_res.json"), folder / "my net.json");
  fs::copy(data_path("digits_res.safetensors"), folder / "digits_res.safetensors");
  const Outcome outcome =
      run_engine({"my net.json", "equalization", "--dry-run", "--param", "pair.hi=3", "--skip-node", "*stem*"},
                 {.folder = folder.path()});
  const std::string lead = "what would help: rewrite-engine ";
  const std::size_t at = outcome.out.find(lead);
  INFO(outcome.out << outcome.err);
  REQUIRE(at != std::string::npos);
  const std::string words = outcome.out.substr(at + lead.size(), outcome.out.find('\n', at) - at - lead.size());
  CHECK(words == "explain 'my net.json' equalization --param pair.hi=3 --skip-node '*stem*'");
  const Outcome explained = run_program("/bin/sh", {"-c", program_path() + " " + words}, {.folder = folder.path()});
  CHECK(explained.status == 0);
  CHECK(contains(explained.out, "skipped by --skip-node"));
}

TEST_CASE("explain: wrong usage") {
  const std::string model = data_path("digits_res.json");
  CHECK(run_engine({"explain", model, "equalization", "--rule", "pear"}).status == 2);
  CHECK(run_engine({"explain", model, "equalization", "--limit", "0"}).status == 2);
  const Outcome nobody = run_engine({"explain", model, "equalization", "--node", "nobody*"});
  CHECK(nobody.status == 2);
  CHECK(contains(nobody.err, "--node nobody*: no operator of the model has such a name"));
  CHECK(run_engine({"explain", model, "./none.dsl"}).status == 1);
}

TEST_CASE("explain has something to say of every trained network and rule set") {
  std::vector<fs::path> folders = {source_path("tests/data")};
  const char* given = std::getenv("RW_MODELS");
  folders.push_back(given ? fs::path(given) : fs::path(source_path("../shared/models")));
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder)) continue;
    for (const auto& each : fs::directory_iterator(folder)) {
      const std::string name = each.path().filename().string();
      const bool model = name.ends_with(".onnx") || (name.ends_with(".json") && !name.ends_with(".stats.json"));
      if (!model) continue;
      std::vector<std::string> arguments = {"explain", each.path().string(), "equalization", "wide"};
      fs::path stats = each.path();
      stats.replace_extension(".stats.json");
      if (fs::exists(stats)) arguments.insert(arguments.end(), {"--stats", stats.string()});
      const Outcome outcome = run_engine(arguments);
      INFO(name << outcome.err);
      CHECK(outcome.status == 0);
      CHECK(contains(outcome.out, " regions with parents: "));
      CHECK(contains(outcome.out, "\nmatched: ") != contains(outcome.out, " regions with parents: 0 matched"));
    }
  }
}

namespace {

// conv 'a' -> `between` -> conv 'c', saved as m.json.
void save_between(const TemporaryFolder& folder, const std::function<std::string(Net&, const std::string&)>& between,
                  bool measured = true) {
  Net net(3);
  const auto a = net.conv("a", net.image(), 4, {.spread = 3});
  net.output(net.conv("c", between(net, a), 2));
  if (measured) net.calibrate();
  net.save(folder.path(), "m");
}

std::string normalized_between(Net& net, const std::string& a) { return net.relu("r", net.batch_norm("n", a, 2)); }
std::string clipped_between(Net& net, const std::string& a) { return net.clip("f", a, 0, 6); }
std::string both_between(Net& net, const std::string& a) { return net.clip("f", net.batch_norm("n", a, 2), 0, 6); }
std::string relu_between(Net& net, const std::string& a) { return net.relu("r", a); }

// The scales of a dry run are not all 1, and the region of conv 'a' is scaled.
bool scales_a(const TemporaryFolder& folder, const std::string& command) {
  const Outcome run = run_program("/bin/sh", {"-c", program_path() + command + " --dry-run --json report.json"},
                                  {.folder = folder.path()});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  return read_file(folder / "report.json").find("\"parents\": [\"a\"]") != std::string::npos &&
         !contains(run.out, "nothing was changed");
}

// What --apply says is to be run, without the program's name.
std::string told_command(const std::string& out) {
  const std::string lead = "run it: rewrite-engine";
  const std::size_t at = out.find(lead);
  REQUIRE(at != std::string::npos);
  return out.substr(at + lead.size(), out.find('\n', at) - at - lead.size());
}

}  // namespace

TEST_CASE("explain: remedies are rule files that ship, tried with the given ones, and --apply writes them") {
  struct Case {
    std::string (*between)(Net&, const std::string&);
    bool measured;
    const char *remedy, *text;
  };
  const Case cases[] = {
      {normalized_between, true,
       "remedy: run `prepare equalization`: prepare folds BatchNormalization into the layers before it (1 more layer "
       "is "
       "scaled); then pair would scale 4 of 4 channels here\n",
       "include \"prepare\"\ninclude \"equalization\"\n"},
      {clipped_between, true,
       "remedy: run `clip equalization`: clip lets scales pass Clip (1 more layer is scaled); then pair",
       "include \"clip\"\ninclude \"equalization\"\n"},
      {both_between, true,
       "remedy: run `prepare clip equalization`: prepare folds BatchNormalization into the layers before it, and clip "
       "lets scales pass Clip (1 more layer is scaled); then pair",
       "include \"prepare\"\ninclude \"clip\"\ninclude \"equalization\"\n"},
      {relu_between, false,
       "remedy: run `cross_layer`: cross_layer needs no ranges of activations (1 more layer is scaled); or give their "
       "ranges (--stats FILE, or --data FILES); either way 4 of 4 channels would be scaled here\n",
       "include \"cross_layer\"\n"},
  };
  for (const Case& each : cases) {
    INFO(each.remedy);
    const TemporaryFolder folder;
    save_between(folder, each.between, each.measured);
    const Outcome told =
        run_engine({"explain", "m.json", "equalization", "--apply", "1", "-o", "mine.dsl", "--json", "why.json"},
                   {.folder = folder.path()});
    INFO(told.out << told.err);
    REQUIRE(told.status == 0);
    CHECK(contains(told.out, each.remedy));
    CHECK_FALSE(contains(told.out, "add BatchNormalization to `children` (equalization:12); then"));
    CHECK(read_file(folder / "mine.dsl") == each.text);
    CHECK(contains(read_file(folder / "why.json"), "\"layers\": 1"));
    CHECK(scales_a(folder, told_command(told.out)));
    CHECK_FALSE(scales_a(folder, " m.json equalization"));
  }
}

TEST_CASE("explain: without ranges there is the choice between data and weights alone") {
  const TemporaryFolder folder;
  save_between(folder, normalized_between, false);
  const Outcome told =
      run_engine({"explain", "m.json", "equalization", "--apply", "1", "-o", "mine.dsl"}, {.folder = folder.path()});
  INFO(told.out << told.err);
  REQUIRE(told.status == 0);
  CHECK(contains(
      told.out,
      "  remedy: run `prepare equalization`: prepare folds BatchNormalization into the layers before it (1 more "
      "layer is scaled), and give their ranges (--stats FILE, or --data FILES); or run `prepare cross_layer`: prepare "
      "folds BatchNormalization into the layers before it, and cross_layer needs no ranges of activations (1 more "
      "layer "
      "is scaled); either way 4 of 4 channels would be scaled here\n"));
  CHECK(read_file(folder / "mine.dsl") == "include \"prepare\"\ninclude \"equalization\"\n");
  CHECK(told.out.ends_with("and give their ranges (--stats FILE, or --data FILES)\n"));
}

TEST_CASE("explain: where nothing would come of it no other rule file is named") {
  const TemporaryFolder folder;
  save_between(folder, [](Net& net, const std::string& a) { return net.op("Sigmoid", "s", {a}); });
  const Outcome told = run_engine({"explain", "m.json", "equalization"}, {.folder = folder.path()});
  CHECK_FALSE(contains(told.out, "run `"));
  CHECK(contains(told.out, "remedy: none in these rules"));
  save_between(folder, normalized_between);
  CHECK_FALSE(
      contains(run_engine({"explain", "m.json", "prepare", "equalization"}, {.folder = folder.path()}).out, "run `"));
}

TEST_CASE("explain --apply: a change of clauses is the changed copy of the rule file") {
  const TemporaryFolder folder;
  const Outcome told =
      run_engine({"explain", data_path("digits_res.json"), "equalization", "--apply", "1"}, {.folder = folder.path()});
  INFO(told.out << told.err);
  REQUIRE(told.status == 0);
  // As somebody would who reads the remedy.
  std::string rules = read_file(source_path("rules/equalization.dsl"));
  const std::size_t rule = rules.find("rule residual_family");
  rules.insert(rules.find("children conv", rule) + 13, ", Gemm");
  rules.insert(rules.find("transparent", rule) + 11, ", ReduceMean");
  CHECK(read_file(folder / "equalization.dsl") == rules);
  CHECK(told_command(told.out) == " " + data_path("digits_res.json") + " ./equalization.dsl");
  const Outcome changed =
      run_engine({data_path("digits_res.json"), "./equalization.dsl", "--dry-run"}, {.folder = folder.path()});
  CHECK(contains(changed.out, "not rewritten: 1 region\n"));
  // It is there now.
  const Outcome again =
      run_engine({"explain", data_path("digits_res.json"), "equalization", "--apply", "1"}, {.folder = folder.path()});
  CHECK(again.status == 2);
  CHECK(contains(again.err, "'equalization.dsl' is there already: say with -o where the rules go"));
}

TEST_CASE("explain --apply: each kind of change is written so that the region matches") {
  struct Case {
    const char* region;
    std::string (*between)(Net&, const std::string&);
  };
  const auto joined = [](Net& net, const std::string& a) { return net.add("s", a, net.conv("b", "x", 4)); };
  const auto leaking = [](Net& net, const std::string& a) { return net.concat("k", {a, "x"}); };
  const Case cases[] = {
      {"parents Conv as p through MaxPool children Conv as c", relu_between},               // one more operator inside
      {"parents Conv as p\n    children Conv as c", relu_between},                          // no `through` yet
      {"parents Conv as p children Gemm as c through Relu", relu_between},                  // a child
      {"parents Gemm as p through Relu children Conv as c", relu_between},                  // a parent
      {"parents Conv where group > 7 as p through Relu children Conv as c", relu_between},  // a guard
      {"parents Conv as p children Conv as c", joined},                                     // no `join` yet
      {"parents Conv as p join Concat as k children Conv as c", joined},                    // another join
      {"parents Conv as p through Relu join Add as k children Conv as c", relu_between},    // a join that is not there
      {"parents Conv as p join Concat as k children Conv as c # }", leaking},               // leaks
  };
  for (const Case& each : cases) {
    INFO(each.region);
    const TemporaryFolder folder;
    save_between(folder, each.between);
    write_file(folder / "r.dsl",
               fmt::format("rule r {{\n  region r {{\n    {}\n  }}\n  do scale(p, 2)\n}}\n", each.region));
    const Outcome told =
        run_engine({"explain", "m.json", "./r.dsl", "--apply", "1", "-o", "out.dsl"}, {.folder = folder.path()});
    INFO(told.out << told.err);
    REQUIRE(told.status == 0);
    INFO(read_file(folder / "out.dsl"));
    const Outcome run =
        run_program("/bin/sh", {"-c", program_path() + told_command(told.out) + " --dry-run --require r"},
                    {.folder = folder.path()});
    INFO(run.out << run.err);
    CHECK(run.status == 0);
  }
}

TEST_CASE("explain --apply: files that a changed copy uses are found from where it goes") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "rules");
  save_between(folder, relu_between);
  write_file(folder / "rules/base.dsl", "set inside = MaxPool\n");
  write_file(
      folder / "rules/r.dsl",
      "use \"base.dsl\"\nrule r { region r { parents Conv as p through inside children Conv as c } do scale(p, 2) }\n");
  const Outcome told =
      run_engine({"explain", "m.json", "rules/r.dsl", "--apply", "1", "-o", "out.dsl"}, {.folder = folder.path()});
  INFO(told.out << told.err);
  REQUIRE(told.status == 0);
  CHECK(read_file(folder / "out.dsl") ==
        "use \"rules/base.dsl\"\nrule r { region r { parents Conv as p through inside, Relu children Conv as c } do "
        "scale(p, 2) }\n");
  CHECK(run_engine({"m.json", "./out.dsl", "--dry-run", "--require", "r"}, {.folder = folder.path()}).status == 0);
}

TEST_CASE("explain --apply: what cannot be written") {
  const TemporaryFolder folder;
  save_between(folder, relu_between, false);
  write_file(folder / "r.dsl",
             "rule r { region r { parents Conv as p through Relu children Conv as c } do scale(p, equalization(p, 1, "
             "20)) }\n");
  const auto apply = [&](const std::string& number, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"explain", "m.json", "./r.dsl", "--apply", number};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_engine(arguments, {.folder = folder.path()});
  };
  CHECK(apply("0").status == 2);
  CHECK(apply("9").status == 2);
  CHECK(contains(apply("9").err, "--apply 9: there are 2 remedies"));
  const Outcome data = apply("2", {"-o", "out.dsl"});
  CHECK(data.status == 1);
  CHECK(contains(data.err, "the remedy: is no change of rules: give their ranges (--stats FILE, or --data FILES)"));
  CHECK_FALSE(fs::exists(folder / "out.dsl"));
  CHECK(apply("1", {"-o", "r.dsl"}).status == 1);  // what was read is not written over
  CHECK(run_engine({"explain", "m.json", "./r.dsl", "-o", "out.dsl"}, {.folder = folder.path()}).status == 2);
}

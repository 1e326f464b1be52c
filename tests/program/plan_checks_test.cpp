// What apply refuses (exit status 3): plans that are not complete, on another model, a second time, or taken back where
// they never were; and what it applies with a word of warning.
#include <filesystem>
#include <functional>
#include <sstream>

#include "tests/program/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shards.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;

namespace {

// x -> conv a -> Relu -> conv b, of which a run scales the two channels between by 4 and 1.
struct Desk {
  TemporaryFolder folder;
  Desk() {
    write_file(folder / "m.json", model(1));
    must(folder, {"m.json", "wide", "-o", "run.json", "--plan", "plan.json"});
  }
  static std::string model(int first, const std::string& outputs = "[\"y\"]") {
    return R"({"format": "rewrite-engine/model", "version": 1, "opset": {"": 17},
 "inputs": [{"name": "x", "shape": [1, 1, 2, 2]}], "outputs": )" +
           outputs + R"(,
 "tensors": {"w1": {"dtype": "float32", "shape": [2, 1, 1, 1], "data": [)" +
           std::to_string(first) + R"(, 4]},
             "w2": {"dtype": "float32", "shape": [1, 2, 1, 1], "data": [1, 1]}},
 "nodes": [{"name": "a", "op": "Conv", "inputs": ["x", "w1"], "outputs": ["t"]},
           {"name": "r", "op": "Relu", "inputs": ["t"], "outputs": ["u"]},
           {"name": "b", "op": "Conv", "inputs": ["u", "w2"], "outputs": ["y"]}],
 "calibration": {"u": {"min": [0, 0], "max": [2, 8]}}}
)";
  }
  std::string plan() const { return read_file(folder / "plan.json"); }

  // Refused with this message, and nothing is written.
  void refused(const Words& more, const std::string& says) const {
    Words words = {"apply", "plan.json"};
    words.insert(words.end(), more.begin(), more.end());
    const auto count = std::distance(fs::directory_iterator(folder.path()), {});
    const Outcome outcome = run_engine(words, {.folder = folder.path()});
    INFO(outcome.out << outcome.err);
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, says));
    CHECK(contains(outcome.err, "nothing was written"));
    CHECK(outcome.out.empty());
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == count);
  }
};

// The text without its line that holds `word`, and without the comma that the line before then has too much.
std::string without_line(std::string text, const std::string& word) {
  const std::size_t at = text.find(word);
  REQUIRE(at != std::string::npos);
  const std::size_t begin = text.rfind('\n', at), end = text.find('\n', at);
  const bool last = text[end - 1] != ',';
  text.erase(begin, end - begin);
  if (last && text[begin - 1] == ',') text.erase(begin - 1, 1);
  return text;
}

}  // namespace

TEST_CASE("A plan has a checksum of each tensor before and after, also of a dry run") {
  const Desk desk;
  // Worked out apart: CRC-32C of [1, 4] and of [4, 4], of [1, 1] and of [0.25, 1], as float32.
  const std::string plan = desk.plan();
  INFO(plan);
  CHECK(contains(plan, "\"checksums\": [\n  {\"tensor\": \"w1\", \"before\": \""));
  must(desk.folder, {"m.json", "wide", "--dry-run", "--plan", "dry.json"});
  CHECK(read_file(desk.folder / "dry.json") == plan);
  must(desk.folder, {"m.json", "wide", "-o", "run.onnx", "--plan", "onnx.json"});
  CHECK(read_file(desk.folder / "onnx.json") == plan);
}

TEST_CASE("Half a plan is refused: by its checksums, and without them by the certificate, whatever --force says") {
  const Desk desk;
  const std::string whole = desk.plan();
  write_file(desk.folder / "plan.json", without_line(whole, "\"tensor\": \"w2\", \"axis\""));
  desk.refused({"m.json", "-o", "h.json"},
               "the certificate does not hold at Conv 'b': its input channel 0 is scaled by");
  desk.refused({"m.json", "-o", "h.json", "--force"}, "the certificate does not hold at Conv 'b'");
  std::string old = whole.substr(0, whole.find(",\n\"checksums\"")) + "}\n";
  write_file(desk.folder / "plan.json", without_line(old, "\"tensor\": \"w2\", \"axis\""));
  desk.refused({"m.json", "-o", "h.json"}, "the certificate does not hold at Conv 'b'");
  // A factor that is another one.
  std::string other = whole;
  other.replace(other.find("[4, 1]"), 6, "[4, 2]");
  write_file(desk.folder / "plan.json", other);
  desk.refused({"m.json", "-o", "h.json"}, "the certificate does not hold at ");
}

TEST_CASE("A plan on another model is refused with the tensor's name; --force applies it where the certificate holds") {
  const Desk desk;
  write_file(desk.folder / "other.json", Desk::model(2));
  desk.refused({"other.json", "-o", "o.json"},
               "plan.json: tensor 'w1': it is not the one that the plan was made for: its checksum is ");
  must(desk.folder, {"apply", "plan.json", "other.json", "-o", "o.json", "--force"});
  // What the plan scales is an output there: no checksum says so, the certificate does.
  write_file(desk.folder / "output.json", Desk::model(1, "[\"y\", \"u\"]"));
  desk.refused({"output.json", "-o", "p.json"}, "output 'u' of the network is scaled");
  desk.refused({"output.json", "-o", "p.json", "--force"}, "output 'u' of the network is scaled");
}

TEST_CASE("A plan is applied once, and taken back where it was applied") {
  const Desk desk;
  desk.refused({"run.json", "-o", "twice.json"}, "tensor 'w1': the plan was applied to it already");
  desk.refused({"m.json", "--undo", "-o", "back.json"}, "tensor 'w1': the plan was not applied to it");
  must(desk.folder, {"apply", "plan.json", "run.json", "--undo", "-o", "back.json"});
  // A plan that adds constants knows them when it meets them again.
  Net net;
  const auto a = net.batch_norm("n", net.conv("a", net.input("x", {1, 2, 4, 4}), 2), 2);
  net.output(net.conv("b", net.relu("r", a), 2));
  net.calibrate();
  net.save(desk.folder.path(), "bn");
  must(desk.folder, {"bn.json", "prepare", "-o", "bn.run.json", "--plan", "plan.json"});
  must(desk.folder, {"apply", "plan.json", "bn.json", "-o", "bn.again.json"});
  const Outcome twice = run_engine({"apply", "plan.json", "bn.run.json"}, {.folder = desk.folder.path()});
  INFO(twice.err);
  CHECK(twice.status == 3);
  CHECK(contains(twice.err, "tensor 'n/fold_batch_normalization/bias': the plan was applied to the model already"));
}

TEST_CASE("A second application is refused by name, whatever the plan does") {
  struct Kind {
    const char *what, *rules, *names;
    std::function<void(Net&)> behind;  // the convolution 'a'
    bool undone = false;               // the plan can be taken back, and is not where it was never applied
  };
  const auto through = [](const std::string& type) {
    return [type](Net& net) { net.output(net.conv("b", net.op(type, "i", {"a"}), 2)); };
  };
  const std::vector<Kind> kinds = {
      {"takes an operator out", "prepare", "node 'i'", through("Identity")},
      {"puts another operator in its place", "prepare", "node 'r/clip_to_relu'",
       [](Net& net) { net.output(net.conv("b", net.clip("r", "a", 0, std::nullopt), 2)); }},
      {"puts operators in front of one", "clip wide", "tensor 'r.max@r'",
       [](Net& net) { net.output(net.conv("b", net.clip("r", "a", 0, 1), 2)); }},
      {"adds constants", "absorb_bias", "tensor 'h.bias@h'",
       [](Net& net) {
         const auto weight = net.constant("h.weight", Array({1, 3, 1, 1}, std::vector<float>{1, 2, 3}));
         const auto bias = net.constant("h.bias", Array({1}, std::vector<float>{1000}));
         net.output(net.conv("b", net.op("Conv", "h", {"a", weight, bias}), 2, {.pad = 0}));
       }},
      {"copies a constant", "wide", "tensor 'b.weight@c'",
       [](Net& net) {
         const auto b = net.conv("b", net.relu("r", "a"), 3, {.spread = 3});
         net.output(net.conv("c", net.relu("rb", b), 3, {.weight = "b.weight"}));
       },
       true},
      {"scales", "wide", "tensor 'a.weight'", [](Net& net) { net.output(net.conv("b", net.relu("r", "a"), 2)); },
       true}};
  for (const Kind& kind : kinds)
    for (const char* ending : {".json", ".onnx"}) {
      INFO(kind.what << " " << ending);
      const TemporaryFolder folder;
      Net net;
      net.conv("a", net.input("x", {1, 2, 4, 4}), 3, {.kernel = 1, .spread = 3});
      kind.behind(net);
      net.calibrate();
      net.save(folder.path(), "m");
      Words run = {"m.json"};
      for (std::istringstream rules(kind.rules); run.emplace_back(), rules >> run.back();) {
      }
      run.pop_back();
      const std::string out = std::string("run") + ending;
      run.insert(run.end(), {"-o", out, "--plan", "plan.json"});
      must(folder, run);
      const auto refused = [&](const Words& words, const std::string& why) {
        const Outcome outcome = run_engine(words, {.folder = folder.path()});
        INFO(outcome.err);
        CHECK(outcome.status == 3);
        CHECK(contains(outcome.err, kind.names + std::string(": the ") + why));
        CHECK_FALSE(fs::exists(folder / "no.json"));
      };
      refused({"apply", "plan.json", out, "-o", "no.json"}, "");
      if (kind.undone) refused({"apply", "plan.json", "m.json", "--undo", "-o", "no.json"}, "plan was not applied to ");
    }
}

TEST_CASE("A second application that would overflow is told as such") {
  const TemporaryFolder folder;
  std::string text = Desk::model(1);
  for (std::size_t at; (at = text.find("float32")) != std::string::npos;) text.replace(at, 7, "float16");
  text.replace(text.find("[1, 4]"), 6, "[4096, 4]");
  text.replace(text.find("\"max\": [2, 8]"), 13, "\"max\": [1, 8]");
  write_file(folder / "m.json", text);
  must(folder, {"m.json", "wide", "--exact", "-o", "run.json", "--plan", "plan.json"});
  const Outcome twice = run_engine({"apply", "plan.json", "run.json"}, {.folder = folder.path()});
  INFO(twice.err);
  CHECK(twice.status == 3);
  CHECK(contains(twice.err, "tensor 'w1': the plan was applied to it already"));
}

TEST_CASE("A plan that lost an entry, or tells it otherwise, is refused by its checksums") {
  const TemporaryFolder folder;
  Net net;
  const auto a = net.batch_norm("n", net.conv("a", net.input("x", {1, 2, 4, 4}), 2), 2);
  net.output(net.conv("b", net.relu("r", a), 2));
  net.save(folder.path(), "m");
  must(folder, {"m.json", "prepare", "-o", "run.json", "--plan", "plan.json"});
  const std::string plan = read_file(folder / "plan.json");
  CHECK(contains(plan, "\"folded\": true, \"multiply\": ["));
  CHECK(contains(must(folder, {"apply", "plan.json", "m.json", "-o", "run.json"}).out, "certified: scales, "));
  const auto refused = [&](const std::string& text, const std::string& why) {
    write_file(folder / "bad.json", text);
    const Outcome outcome = run_engine({"apply", "bad.json", "m.json", "-o", "no.json"}, {.folder = folder.path()});
    INFO(outcome.err);
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, why));
    CHECK_FALSE(fs::exists(folder / "no.json"));
  };
  refused(without_line(plan, "\"folded\": true"), "has a checksum for it and no entry that scales it");
  refused(without_line(plan, "\"input\": "), "is missing or was changed");
  std::string bias = plan;
  bias.replace(bias.find("\"data\": [") + 9, 1, "77");
  refused(bias, "is missing or was changed");
  // No certificate covers what rules with `match` have edited: --force does not help, and is not recommended.
  write_file(folder / "bad.json", bias);
  for (const Words& more : {Words{}, Words{"--force"}}) {
    Words apply = {"apply", "bad.json", "m.json", "-o", "no.json"};
    apply.insert(apply.end(), more.begin(), more.end());
    const Outcome outcome = run_engine(apply, {.folder = folder.path()});
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, "is missing or was changed; nothing was written\n"));
    CHECK_FALSE(fs::exists(folder / "no.json"));
  }
}

TEST_CASE("Biases that take something out of activations are certified, also on top of what was folded") {
  const TemporaryFolder folder;
  Net net;
  const auto a =
      net.op("Conv", "a",
             {net.input("x", {1, 2, 4, 4}), net.constant("w", Array({2, 2, 1, 1}, std::vector<float>{1, 2, 3, 4})),
              net.constant("b", Array({2}, std::vector<float>{70, 80}))});
  net.output(net.conv("c", net.batch_norm("n", a), 2, {.pad = 0}));
  net.calibrate();
  net.save(folder.path(), "m");
  // The normalization is moved far above 0, too.
  std::string text = read_file(folder / "m.json");
  const std::size_t at = text.find('[', text.find("\"data\"", text.find("\"n.bias\"")));
  REQUIRE(at != std::string::npos);
  text.replace(at, text.find(']', at) - at, "[500, 600");
  for (std::size_t where = text.find("\"n\": {", text.find("\"calibration\"")), end = text.find('}', where);
       where < end; where = end)
    text.replace(where, end - where, "\"n\": {\"axis\": 1, \"min\": [400, 450], \"max\": [700, 800]");
  write_file(folder / "m.json", text);
  for (const Words& rules : {Words{"prepare", "absorb_bias"}, Words{"prepare", "cross_layer", "absorb_bias"}}) {
    apply_gives_what_the_run_wrote(folder, "m.json", rules, "run.json");
    Words run = {"m.json"};
    run.insert(run.end(), rules.begin(), rules.end());
    run.insert(run.end(), {"-o", "run.json", "--plan", "plan.json"});
    must(folder, run);
    std::string plan = read_file(folder / "plan.json");
    const std::size_t sum = plan.find(",\n\"edits_checksum\": ");  // which --force does not pass over
    REQUIRE(sum != std::string::npos);
    plan.erase(sum, plan.rfind('}') - sum);
    // The first number behind a text becomes 77.
    const auto refused = [&](const std::string& before, const std::string& why) {
      const std::size_t found = plan.find(before);
      REQUIRE(found != std::string::npos);
      const std::size_t from = found + before.size(), to = plan.find_first_of(",]", from);
      write_file(folder / "bad.json", plan.substr(0, from) + "77" + plan.substr(to));
      const Outcome outcome = run_engine({"apply", "bad.json", "m.json", "--force"}, {.folder = folder.path()});
      INFO(outcome.err);
      CHECK(outcome.status == 3);
      CHECK(contains(outcome.err, why));
    };
    refused("\"subtract\": [", "the bias of its channel 0 would be ");
    refused("\"c.bias@c\": {\"dtype\": \"float32\", \"shape\": [2], \"data\": [",
            "the bias of its channel 0 would be ");
  }
}

TEST_CASE("Weights alone: checksums are compared shard by shard, and nothing is said to be certified") {
  const TemporaryFolder folder;
  fs::copy(data_path("digits_res.json"), folder / "m.json");
  fs::copy(data_path("digits_res.safetensors"), folder / "digits_res.safetensors");
  must(folder, {"m.json", "equalization", "-o", "run.json", "--plan", "plan.json"});
  split_weights(folder / "digits_res.safetensors", folder / "p1.safetensors", folder / "p2.safetensors");
  const Outcome one = must(folder, {"apply", "plan.json", "p1.safetensors", "-o", "n1.safetensors"});
  CHECK(contains(one.out, "not certified: weights alone do not say what the network computes\n"));
  CHECK_FALSE(contains(one.out, "certified: scales"));
  const auto refused = [&](const Words& more, const std::string& says) {
    Words words = {"apply", "plan.json"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_engine(words, {.folder = folder.path()});
    INFO(outcome.err);
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, says));
    CHECK_FALSE(fs::exists(folder / "no.safetensors"));
  };
  refused({"n1.safetensors", "-o", "no.safetensors"}, "the plan was applied to it already");
  refused({"p1.safetensors", "--undo", "-o", "no.safetensors"}, "the plan was not applied to it");
  std::string other = read_file(folder / "p2.safetensors");
  other[other.size() - 9] ^= 1;
  write_file(folder / "other.safetensors", other);
  const Outcome forced = run_engine({"apply", "plan.json", "n1.safetensors", "-o", "twice.safetensors", "--force"},
                                    {.folder = folder.path()});
  CHECK(forced.status == 0);
  CHECK(fs::exists(folder / "twice.safetensors"));
}

TEST_CASE("The operators that a rule file bound to laws are in the plan, so that apply certifies with them") {
  const TemporaryFolder folder;
  std::string text = Desk::model(1);
  text.replace(text.find("\"op\": \"Relu\""), 12, "\"op\": \"my::Same\"");
  write_file(folder / "m.json", text);
  write_file(folder / "mine.dsl",
             "op my::Same law pass\nrule mine {\n  region r {\n    parents  Conv as p\n    through  my::Same\n"
             "    children Conv\n  }\n  do scale(p, 4)\n}\n");
  must(folder, {"m.json", "./mine.dsl", "-o", "run.json", "--plan", "plan.json"});
  std::string plan = read_file(folder / "plan.json");
  CHECK(contains(plan, "\"operators\": [\n  \"op my::Same law pass\"\n],\n"));
  must(folder, {"apply", "plan.json", "m.json", "-o", "again.json"});
  same_files(folder / "run.json", folder / "again.json");
  plan.replace(plan.find("law pass"), 8, "law block");
  write_file(folder / "plan.json", plan);
  const Outcome blocked = run_engine({"apply", "plan.json", "m.json"}, {.folder = folder.path()});
  CHECK(blocked.status == 3);
  CHECK(contains(blocked.err, "my::Same"));
  plan.replace(plan.find("law block"), 9, "law none");
  write_file(folder / "plan.json", plan);
  const Outcome unknown = run_engine({"apply", "plan.json", "m.json"}, {.folder = folder.path()});
  CHECK(unknown.status == 1);
  CHECK(contains(unknown.err, "plan.json"));
}

// The commands that run networks, on every way in which a model is stored.
#include <cmath>

#include "runtime/evaluator/literal.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shards.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

constexpr int kFloat = 1, kHalf = 10, kBrief = 16;  // element types of ONNX

// Numbers that all float types hold.
std::vector<float> numbers(std::size_t count) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(static_cast<float>(i * 7 % 17) / 8 - 1);
  return values;
}

std::string stored(std::size_t count, int type) {
  const graph::DType dtype = type == kHalf    ? graph::DType::float16
                             : type == kBrief ? graph::DType::bfloat16
                                              : graph::DType::float32;
  const auto bytes = evaluator::encode(Array({static_cast<std::int64_t>(count)}, numbers(count)), dtype);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Two convolutions of this type; with a `file` their weights lie there.
std::string two_layers(int type, const std::filesystem::path& file = {}) {
  const std::string a = stored(12, type), b = stored(20, type);
  onnx::Parts weights = {onnx::tensor("a.w", type, {4, 3, 1, 1}, a), onnx::tensor("b.w", type, {5, 4, 1, 1}, b)};
  if (!file.empty()) {
    const std::string name = file.filename().string();
    write_file(file, std::string(64, '\0') + a + b);
    weights = {
        onnx::external("a.w", type, {4, 3, 1, 1}, name, "64", std::to_string(a.size())),
        onnx::external("b.w", type, {5, 4, 1, 1}, name, std::to_string(64 + a.size()), std::to_string(b.size()))};
  }
  const onnx::Parts nodes = {onnx::node("Conv", {"x", "a.w"}, {"a"}, {}, "a"),
                             onnx::node("Relu", {"a"}, {"r"}, {}, "r"),
                             onnx::node("Conv", {"r", "b.w"}, {"y"}, {}, "b")};
  return onnx::model(
      onnx::graph(nodes, weights, {onnx::value("x", {1, 3, 4, 4}, type)}, {onnx::value("y", {1, 5, 4, 4}, type)}));
}

// A network with an operator whose body reads what the network computes.
std::string with_body(const std::string& type) {
  const auto same = [](const std::string& name) { return onnx::value(name, {1, 3, 4, 4}); };
  onnx::Parts weights = {onnx::tensor("a.w", kFloat, {3, 3, 1, 1}, stored(9, kFloat))};
  onnx::Parts nodes = {onnx::node("Conv", {"x", "a.w"}, {"a"}, {}, "a"), onnx::node("Relu", {"a"}, {"r"}, {}, "r")};
  onnx::Parts inputs = {same("x")};
  if (type == "If") {
    const auto branch = [&](const std::string& does) {
      return onnx::graph({onnx::node(does, {"r"}, {does + ".y"})}, {}, {}, {same(does + ".y")});
    };
    inputs.push_back(onnx::value("choice", {}, 9));
    nodes.push_back(onnx::node(
        "If", {"choice"}, {"y"},
        {onnx::attribute_graph("then_branch", branch("Neg")), onnx::attribute_graph("else_branch", branch("Abs"))},
        "inner"));
  } else {
    weights.push_back(onnx::ints("times", {}, {3}));
    const std::string body =
        onnx::graph({onnx::node("Identity", {"going"}, {"goes"}), onnx::node("Add", {"sum", "r"}, {"next"})}, {},
                    {onnx::value("i", {}, 7), onnx::value("going", {}, 9), same("sum")},
                    {onnx::value("goes", {}, 9), same("next")});
    nodes.push_back(onnx::node("Loop", {"times", "", "r"}, {"y"}, {onnx::attribute_graph("body", body)}, "inner"));
  }
  return onnx::model(onnx::graph(nodes, weights, inputs, {same("y")}));
}

Outcome run_there(const TemporaryFolder& folder, const std::vector<std::string>& words) {
  return run_engine(words, {.folder = folder.path()});
}

}  // namespace

TEST_CASE("compare, score and calibrate read weights of every type, wherever they are stored") {
  const TemporaryFolder folder;
  write_file(folder / "flat.onnx", two_layers(kFloat));
  write_file(folder / "external.onnx", two_layers(kFloat, folder / "weights.bin"));
  write_file(folder / "half.onnx", two_layers(kHalf));
  write_file(folder / "brief.onnx", two_layers(kBrief));
  write_file(folder / "half_external.onnx", two_layers(kHalf, folder / "half.bin"));
  write_file(folder / "none.dsl", "");
  for (const std::string stem : {"flat", "half", "brief"})
    REQUIRE(run_there(folder, {stem + ".onnx", "none.dsl", "-o", stem + ".json"}).status == 0);
  REQUIRE(run_there(folder, {"flat.json", "none.dsl", "-o", "shards.json"}).status == 0);
  shard(folder.path(), "shards");
  for (const std::string model : {"external.onnx", "half.onnx", "brief.onnx", "half_external.onnx", "flat.json",
                                  "half.json", "brief.json", "shards.json"}) {
    INFO(model);
    // Inputs are rounded to the type of the first network, and both compute in float32 on the same weights.
    const Outcome same = run_there(folder, {"compare", model, "flat.onnx", "--random", "3", "--tolerance", "0"});
    INFO(same.out << same.err);
    CHECK(same.status == 0);
    const Outcome scored = run_there(folder, {"score", model, "--random", "6", "--json"});
    INFO(scored.out << scored.err);
    CHECK(scored.status == 0);
    CHECK(contains(scored.out, "\"weights\": 2, \"activations\": 3"));
    const Outcome measured = run_there(folder, {"calibrate", model, "--random", "3", "-o", "out.stats.json"});
    INFO(measured.out << measured.err);
    CHECK(measured.status == 0);
    CHECK(contains(measured.out, "measured: 4 tensors, 16 channels"));
  }
}

TEST_CASE("A network with a body is refused by name before anything runs, and has a probe") {
  const TemporaryFolder folder;
  write_file(folder / "flat.onnx", two_layers(kFloat));
  for (const std::string type : {"If", "Loop"}) {
    const std::string model = type + ".onnx";
    write_file(folder / model, with_body(type));
    const std::vector<std::vector<std::string>> commands = {
        {"calibrate", model, "--random", "2", "-o", "out.json"},
        {"compare", model, model},
        {"score", model, "--random", "2"},
        {"score", "flat.onnx", "--before", model, "--random", "2"},
        {model, "equalization", "--score", "-o", "out.onnx"},
    };
    for (const auto& words : commands) {
      const Outcome outcome = run_there(folder, words);
      INFO(words[0] << " " << model << ": " << outcome.out << outcome.err);
      CHECK(outcome.status == 1);
      CHECK(contains(outcome.err, model + ": operator 'inner' (" + type + ") cannot be run by the engine"));
      const std::size_t advice = outcome.err.find("calibrate --probe");
      CHECK(advice != std::string::npos);
      CHECK(outcome.err.find("--probe", advice + 17) == std::string::npos);  // once
      CHECK_FALSE(std::filesystem::exists(folder / "out.json"));
      CHECK_FALSE(std::filesystem::exists(folder / "out.onnx"));
    }
    const Outcome probe = run_there(folder, {"calibrate", model, "--probe", type + ".probe.onnx"});
    INFO(probe.out << probe.err);
    CHECK(probe.status == 0);
    CHECK(std::filesystem::exists(folder / (type + ".probe.onnx")));
  }
}

TEST_CASE("Samples that are drawn follow from the seed") {
  const TemporaryFolder folder;
  Net net;
  net.output(net.conv("b", net.relu("r", net.conv("a", net.image(), 4)), 3));
  net.save(folder.path(), "m");
  const auto drawn = [&](const std::string& seed) {
    const Outcome outcome = run_there(folder, {"score", "m.json", "--random", "4", "--seed", seed, "--json"});
    REQUIRE(outcome.status == 0);
    return outcome.out;
  };
  CHECK(drawn("5") == drawn("5"));
  CHECK(drawn("5") != drawn("6"));
  const Outcome wrong = run_there(folder, {"compare", "m.json", "m.json", "--seed", "x"});
  CHECK(wrong.status == 2);
  CHECK(contains(wrong.err, "--seed x: expected"));
}

TEST_CASE("compare, score and calibrate show on a terminal how far they are, and nothing on a pipe") {
  const TemporaryFolder folder;
  Net net;
  std::string x = net.conv("c0", net.input("x", {1, 3, 64, 64}), 32);
  for (int i = 1; i < 6; ++i) x = net.conv("c" + std::to_string(i), net.relu("r" + std::to_string(i), x), 32);
  net.output(x);
  net.save(folder.path(), "m");
  struct Shown {
    std::string words, told;  // `told` stands in the output
  };
  const std::vector<Shown> cases = {{"compare m.json m.json --random 200", "within the tolerance"},
                                    {"score m.json --random 200", "noisiest layers"},
                                    {"calibrate m.json --random 300 -o s.json", "measured: "}};
  for (const Shown& each : cases) {
    INFO(each.words);
    const std::string command = program_path() + " " + each.words + " --threads 1";
    const ShellOptions there = {.folder = folder.path(), .timeout = std::chrono::minutes(5)};
    // A terminal of its own: what is written to standard error comes out, too.
    const Outcome shown = run_program("/usr/bin/script", {"-qec", command, "/dev/null"}, there);
    CHECK(shown.status == 0);
    CHECK(contains(shown.out, "measuring [#"));
    CHECK(contains(shown.out, " samples of "));
    CHECK(shown.out.rfind("\r\x1b[K") < shown.out.find(each.told));  // wiped before it
  }
  const Outcome piped = run_there(folder, {"compare", "m.json", "m.json", "--random", "200", "--threads", "1"});
  CHECK(piped.status == 0);
  CHECK_FALSE(contains(piped.err + piped.out, "measuring ["));
}

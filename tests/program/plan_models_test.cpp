// Plans of models of every form: applying one gives what the run wrote, and, with powers of two, taking it back the
// bytes of before.
#include <filesystem>

#include "graph/model.hpp"
#include "tests/program/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;
namespace o = rw::test::onnx;

namespace {

// a -> Relu -> b -> Relu -> c, where b and c share a weight; the weights lie in two files, in no order, with a gap.
void save_external(const fs::path& folder) {
  const std::vector<float> a = {1, -2, 0.5F, 3, 1, 4}, shared = {2, 1, -1, 0.25F}, bias = {0.5F, -8};
  write_file(folder / "one.bin", o::raw(bias) + std::string(8, '\7') + o::raw(a));
  write_file(folder / "two.bin", o::raw(shared));
  write_file(
      folder / "m.onnx",
      o::model(o::graph(
          {o::node("Conv", {"x", "w.a", "b.a"}, {"a"}, {}, "a"), o::node("Relu", {"a"}, {"ra"}, {}, "ra"),
           o::node("Conv", {"ra", "w.b"}, {"b"}, {}, "b"), o::node("Relu", {"b"}, {"rb"}, {}, "rb"),
           o::node("Conv", {"rb", "w.b"}, {"c"}, {}, "c")},
          {o::external("w.a", 1, {2, 3, 1, 1}, "one.bin", "16", "24"),
           o::external("w.b", 1, {2, 2, 1, 1}, "two.bin", "", ""), o::external("b.a", 1, {2}, "one.bin", "0", "8")},
          {o::value("x", {1, 3, 2, 2})}, {o::value("c", {1, 2, 2, 2})})));
  write_file(folder / "m.stats.json",
             R"({"ra": {"min": [0, 0], "max": [2, 16]}, "rb": {"min": [0, 0], "max": [8, 1]}})");
}

}  // namespace

TEST_CASE("A plan of an ONNX model with external data in two files") {
  const TemporaryFolder folder;
  save_external(folder.path());
  const Words stats = {"--stats", "m.stats.json"};
  apply_gives_what_the_run_wrote(folder, "m.onnx", {"equalization"}, "run.onnx", stats);
  apply_gives_what_the_run_wrote(folder, "m.onnx", {"equalization"}, "run.json", stats);
  undo_gives_the_bytes_of_before(folder, "m.onnx", {"equalization"}, stats);
}

TEST_CASE("A plan of networks in networks") {
  const TemporaryFolder folder;
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 3, 8, 8}), 4, {.spread = 4});
  const auto b = net.conv("b", net.relu("ra", a), 4, {.spread = 3});
  const auto c = net.depthwise("c", net.relu("rb", b), {.spread = 3});
  net.output(net.conv("d", net.relu("rc", c), 2));
  net.calibrate();
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    net.save_nested(folder.path(), "m", seed);
    apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, "run.json");
    apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, "run.onnx");
    undo_gives_the_bytes_of_before(folder, "m.json", {"equalization"});
  }
}

namespace {

// A weight that a convolution of the model and two of networks in it read, where the ones that read `a` need it
// divided and the one that reads `x` does not.
std::string shared_across_borders(const std::string& constants) {
  return R"({"format": "rewrite-engine/model", "version": 1, "opset": {"": 17},
  "inputs": [{"name": "x", "shape": [1, 2, 2, 2]}], "outputs": ["y"],
  )" + constants +
         R"(
  "nodes": [
    {"name": "a", "op": "Conv", "inputs": ["x", "u"], "outputs": ["a"]},
    {"name": "b", "op": "Conv", "inputs": ["a", "w"], "outputs": ["b"]},
    {"name": "c", "op": "Conv", "inputs": ["x", "w"], "outputs": ["c"]},
    {"name": "g", "op": "Graph", "inputs": ["a", "w"], "outputs": ["e"],
     "graph": {"inputs": ["p", "q"], "outputs": ["r"], "nodes": [
       {"name": "d", "op": "Conv", "inputs": ["p", "q"], "outputs": ["r"]}]}},
    {"name": "s", "op": "Sum", "inputs": ["b", "c", "e"], "outputs": ["y"]}
  ],
  "calibration": {"a": {"min": [0, 0], "max": [4, 1]}}
})";
}

}  // namespace

TEST_CASE("A plan of a weight whose copy is read on both sides of a nested network's border") {
  const TemporaryFolder folder;
  write_file(folder / "m.json", shared_across_borders(R"("tensors": {
    "u": {"dtype": "float32", "shape": [2, 2, 1, 1], "data": [1, 2, 3, 4]},
    "w": {"dtype": "float32", "shape": [2, 2, 1, 1], "data": [1, -1, 0.5, 2]}},)"));
  apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, "run.json");
  apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, "run.onnx");
  // Channel 1 of `a` grows to 4 times: two copies with the input channel 1 divided by that, one a side.
  must(folder, {"m.json", "equalization", "-o", "run.json", "--plan", "plan.json"});
  const std::string plan = read_file(folder / "plan.json");
  CHECK(contains(
      plan,
      R"("tensor": "w", "copy": "w@b", "read_by": [{"node": "b", "input": 1}], "axis": 1, "multiply": [1, 0.25])"));
  CHECK(contains(plan,
                 R"("copy": "g/w@g/d", "read_by": [{"node": "g/d", "input": 1}], "axis": 1, "multiply": [1, 0.25])"));
  undo_gives_the_bytes_of_before(folder, "m.json", {"equalization"});
  // Taken back under another name for the weight than the network has inside, its text is that of before.
  must(folder, {"apply", "plan.json", "run.json", "--undo", "-o", "back.json"});
  CHECK(contains(read_file(folder / "back.json"), R"("graph": {"inputs": ["p", "q"], "outputs": ["r"], "nodes": [
       {"name": "d", "op": "Conv", "inputs": ["p", "q"], "outputs": ["r"]}]}})"));
  // A plan that speaks of one copy for both sides.
  write_file(folder / "bad.json", R"({"format": "rewrite-engine/plan", "version": 1, "scales": [
    {"tensor": "w", "copy": "v", "read_by": [{"node": "b", "input": 1}, {"node": "g/d", "input": 1}], "axis": 1, "multiply": [1, 2]}]})");
  const Outcome bad = run_engine({"apply", "bad.json", "m.json"}, {.folder = folder.path()});
  CHECK(bad.status == 1);
  CHECK(contains(bad.err, "bad.json: tensor 'v': node 'g/d' stands in a nested network, where it has no such name"));
}

TEST_CASE("A plan for the weights alone of a network in a network: both copies, as in the run") {
  const TemporaryFolder folder;
  const auto tensor = [](const std::string& name, std::size_t begin) {
    return "\"" + name + R"(": {"dtype": "F32", "shape": [2, 2, 1, 1], "data_offsets": [)" + std::to_string(begin) +
           ", " + std::to_string(begin + 16) + "]}";
  };
  std::string header = "{" + tensor("u", 0) + ", " + tensor("w", 16) + "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  write_file(folder / "m.safetensors", o::raw(std::vector<std::uint64_t>{header.size()}) + header +
                                           o::raw(std::vector<float>{1, 2, 3, 4, 1, -1, 0.5F, 2}));
  write_file(folder / "m.json", shared_across_borders(R"("weights": "m.safetensors",)"));
  must(folder, {"m.json", "equalization", "-o", "run.json", "--plan", "plan.json"});
  must(folder, {"apply", "plan.json", "m.safetensors", "-o", "alone.safetensors"});
  same_files(folder / "run.safetensors", folder / "alone.safetensors");
  must(folder, {"apply", "plan.json", "alone.safetensors", "--undo", "-o", "back.safetensors"});
  must(folder, {"apply", "plan.json", "back.safetensors", "-o", "again.safetensors"});
  same_files(folder / "alone.safetensors", folder / "again.safetensors");
  undo_gives_the_bytes_of_before(folder, "m.json", {"equalization"});
  const graph::Model model = graph::read_model(folder / "run.json");
  for (const char* name : {"w", "w@b", "g/w@g/d"}) CHECK(model.network.find(name));
}

TEST_CASE("A plan of bounded Clips, which become Relu, Min and Max with constants of their own") {
  const TemporaryFolder folder;
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 3, 8, 8}), 4, {.spread = 3});
  const auto b = net.conv("b", net.clip("six", a, 0.0F, 6.0F), 4, {.spread = 3});
  const auto c = net.conv("c", net.clip("wide", b, -1.0F, 2.0F), 4, {.spread = 2});
  net.output(net.conv("d", net.clip("low", c, 0.5F, std::nullopt), 2));
  net.calibrate();
  net.save(folder.path(), "m");
  must(folder, {"m.json", "equalization", "-o", "m.onnx", "--skip-node", "*"});
  for (const std::string out : {"run.json", "run.onnx"}) {
    apply_gives_what_the_run_wrote(folder, "m.json", {"clip", "wide"}, out);
    apply_gives_what_the_run_wrote(folder, "m.onnx", {"clip", "wide"}, out, {"--stats", "m.stats.json"});
  }
  must(folder, {"m.json", "clip", "wide", "-o", "run.json", "--plan", "plan.json"});
  CHECK(contains(read_file(folder / "plan.json"), R"({"replace": "six", "by": "Min"})"));
  const Outcome undone = run_engine({"apply", "plan.json", "run.json", "--undo"}, {.folder = folder.path()});
  CHECK(undone.status == 1);
  CHECK(contains(undone.err, "it edits the graph, which cannot be undone"));
}

TEST_CASE("A plan of prepare and equalization together") {
  const TemporaryFolder folder;
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.batch_norm("n", net.conv("a", x, 8, {.bias = false, .spread = 4}), 3);
  const auto b = net.batch_norm("m", net.conv("b", x, 8, {.spread = 3}), 2);
  const auto r = net.clip("r", net.op("Identity", "i", {net.add("s", a, b)}), 0.0F, std::nullopt);
  const auto c = net.conv("c", r, 4, {.spread = 3});
  net.output(net.conv("d", net.relu("rc", c), 2));
  net.calibrate();
  net.save(folder.path(), "m");
  must(folder, {"m.json", "equalization", "-o", "m.onnx", "--skip-node", "*"});
  for (const std::string out : {"run.json", "run.onnx"}) {
    apply_gives_what_the_run_wrote(folder, "m.json", {"prepare", "equalization"}, out);
    apply_gives_what_the_run_wrote(folder, "m.onnx", {"prepare", "equalization"}, out, {"--stats", "m.stats.json"});
  }
}

TEST_CASE("A plan of weights behind a Reshape") {
  const TemporaryFolder folder;
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 3, 8, 8}), 4, {.spread = 3});
  std::vector<float> values(144);
  for (float& value : values) value = static_cast<float>(net.random().uniform(-1, 1));
  const auto w =
      net.op("Reshape", "w", {net.constant("flat", Array({16, 9}, values)), net.ints("shape", {4, 4, 3, 3})});
  const auto b = net.op("Conv", "b", {net.relu("ra", a), w}, {{"pads", {1, 1, 1, 1}}});
  net.output(net.conv("c", net.relu("rb", b), 2));
  net.calibrate();
  net.save(folder.path(), "m");
  for (const std::string out : {"run.json", "run.onnx"})
    apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, out);
  must(folder, {"m.json", "equalization", "-o", "run.json", "--plan", "plan.json"});
  CHECK(contains(read_file(folder / "plan.json"), R"("tensor": "w", "made_by": "w", "copy": "w@b")"));
  // Where another operator reads the weight as it was, the graph stays as it is, and the plan could go with the weights
  // alone, if these had it.
  net.output(net.op("Abs", "also", {"w"}));
  net.save(folder.path(), "m");
  apply_gives_what_the_run_wrote(folder, "m.json", {"equalization"}, "run.json");
  undo_gives_the_bytes_of_before(folder, "m.json", {"equalization"});
  must(folder, {"m.json", "equalization", "-o", "run.json", "--plan", "plan.json"});
  CHECK(contains(read_file(folder / "plan.json"), R"("edits": [])"));
  const Outcome alone = run_engine({"apply", "plan.json", "m.safetensors"}, {.folder = folder.path()});
  CHECK(alone.status == 1);
  CHECK(contains(alone.err, "plan.json: tensor 'w': node 'w' makes it of other constants"));
}

TEST_CASE("A plan that takes out an operator whose constant is read on is refused") {
  const TemporaryFolder folder;
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 1, 2, 2}), 1, {.kernel = 1});
  net.output(net.add("s", a, net.op("Identity", "i", {net.constant("k", Array({1}, std::vector<float>{2}))})));
  net.save(folder.path(), "m");
  write_file(folder / "plan.json",
             R"({"format": "rewrite-engine/plan", "version": 1, "scales": [], "edits": [{"remove": "i"}]})");
  const Outcome outcome = run_engine({"apply", "plan.json", "m.json"}, {.folder = folder.path()});
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.err, "tensor 'i': it is read, and what gives it is taken out"));
}

TEST_CASE("A plan that gives scales back in front of curves goes with models alone") {
  const TemporaryFolder folder;
  Net net;
  const auto silu = [&](const std::string& name, const std::string& x) {
    return net.op("Mul", name, {x, net.op("Sigmoid", name + ".s", {x})});
  };
  const auto a = net.conv("a", net.input("x", {1, 3, 8, 8}), 4, {.spread = 4});
  const auto b = net.depthwise("b", silu("sa", a), {.spread = 3});
  net.output(net.relu("rb", b));
  net.output(net.conv("d", silu("sb", "rb"), 2));
  net.calibrate();
  net.save(folder.path(), "m");
  write_file(folder / "outputs.dsl", R"(use "sets"
rule outputs {
  region r {
    parents offering as p through carrying may join joining children absorbing as c
    leak restore curves, output else pin
  }
  do scale(p, sqrt(across(max, c.weight) / across(max, p.weight)))
}
)");
  for (const char* out : {"run.json", "run.onnx"})
    for (const char* rules : {"restore", "./outputs.dsl"}) {
      INFO(out << ", " << rules);
      apply_gives_what_the_run_wrote(folder, "m.json", {rules}, out);
      const auto undone =
          run_engine({"apply", "plan.json", "m.json", "--undo", "-o", "back.json"}, {.folder = folder.path()});
      INFO(undone.err);
      CHECK(undone.status == 1);
      CHECK(undone.err.find("cannot be undone") != std::string::npos);
    }
}

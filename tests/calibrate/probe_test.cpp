// The model with outputs that tell ranges: what another runtime would give for them, made by the evaluator.
#include <cmath>

#include "graph/model.hpp"
#include "runtime/calibrate/merge.hpp"
#include "tests/calibrate/measured.hpp"
#include "tests/samples/saved.hpp"
#include "tests/support/catch.hpp"

using namespace rw;
using namespace rw::test;

namespace {

std::string npy_of(const Array& array) {
  return npy_text("<f4", Dims64(array.shape().begin(), array.shape().end()), bytes_of(array.to_floats()));
}

// What the probe gives for one sample, as numpy.savez saves it.
std::string outputs_of(const graph::Network& network, const Array& sample) {
  const Arrays values = evaluate(network, {{"x", sample}});
  std::vector<Member> members;
  for (const graph::TensorId id : network.outputs()) {
    const std::string name(network.tensor(id).name);
    members.push_back({name + ".npy", npy_of(values.at(name)), members.size() % 2 == 0});
  }
  return zip_text(members);
}

}  // namespace

TEST_CASE("What a probe gives becomes the ranges that calibrate measures, on the same axes") {
  for (const std::int64_t opset : {13, 18}) {
    Net net(1, opset);
    const std::string a = net.conv("a", net.image(), 6, {.spread = 4});
    net.output(net.conv("b", net.relu("r", a), 4));
    const TemporaryFolder folder;
    net.save(folder.path(), "m");
    write_file(folder / "none.dsl", "");
    REQUIRE(run_in(folder, {"m.json", "none.dsl", "-o", "m.onnx"}).status == 0);
    const Outcome probe = run_in(folder, {"calibrate", "m.onnx", "--probe", "probe.onnx"});
    INFO(probe.err);
    REQUIRE(probe.status == 0);
    const graph::Model model = graph::read_model(folder / "probe.onnx");
    CHECK(model.network.outputs().size() > 1);
    std::vector<std::string> collect = {"calibrate", "m.onnx", "-o", "collected.json"};
    std::vector<float> samples;
    for (std::uint64_t i = 0; i < 3; ++i) {
      const Array sample = net.inputs(i).at("x");
      samples.insert(samples.end(), sample.floats().begin(), sample.floats().end());
      const std::string name = std::to_string(i) + ".npz";
      write_file(folder / name, outputs_of(model.network, sample));
      collect.insert(collect.end(), {"--collect", name});
    }
    const Outcome collected = run_in(folder, collect);
    INFO(collected.err);
    REQUIRE(collected.status == 0);
    write_file(folder / "x.npy", npy_text("<f4", {3, 3, 8, 8}, bytes_of(samples)));
    REQUIRE(run_in(folder, {"calibrate", "m.onnx", "x.npy", "-o", "measured.json"}).status == 0);
    const calibrate::Totals is = calibrate::read_totals(folder / "collected.json"),
                            all = calibrate::read_totals(folder / "measured.json");
    CHECK(is.tensors.count("r") == 1);
    for (const auto& [name, tensor] : is.tensors) {
      INFO(name);
      const calibrate::TensorTotals& expected = all.tensors.at(name);
      CHECK(tensor.axis == expected.axis);
      REQUIRE(tensor.channels.size() == expected.channels.size());
      for (std::size_t i = 0; i < tensor.channels.size(); ++i) {
        CHECK(std::fabs(tensor.channels[i].min - expected.channels[i].min) <= 1e-4F);
        CHECK(std::fabs(tensor.channels[i].max - expected.channels[i].max) <= 1e-4F);
      }
    }
    CHECK(run_in(folder, {"m.onnx", "equalization", "--stats", "collected.json", "-o", "new.onnx"}).status == 0);
  }
}

TEST_CASE("What is no output of a probe is told so, and nothing is written") {
  Net net;
  net.output(net.conv("b", net.relu("r", net.conv("a", net.image(), 2)), 4));
  const TemporaryFolder folder;
  net.save(folder.path(), "m");
  write_file(folder / "none.dsl", "");
  REQUIRE(run_in(folder, {"m.json", "none.dsl", "-o", "m.onnx"}).status == 0);
  const auto error = [&](const std::vector<Member>& members) {
    write_file(folder / "o.npz", zip_text(members));
    const Outcome outcome = run_in(folder, {"calibrate", "m.onnx", "--collect", "o.npz", "-o", "s.json"});
    CHECK(outcome.status == 1);
    CHECK_FALSE(std::filesystem::exists(folder / "s.json"));
    return outcome.err;
  };
  const std::string two = npy_text("<f4", {2}, bytes_of(std::vector<float>{1, 2}));
  CHECK(contains(error({{"rr@min.npy", two}}), "o.npz: 'rr@min' is no output of the probe: did you mean 'r@min'?"));
  CHECK(contains(error({{"r@min.npy", two}}), "tensor 'r': there is no '@max' of it"));
  CHECK(contains(error({{"r@min.npy", npy_text("<f4", {3}, bytes_of(std::vector<float>{1, 2, 3}))}}),
                 "its shape is [3], and the tensor has 2 channels"));
  CHECK(contains(error({{"r@min.npy", two}, {"r@max.npy", npy_text("<f4", {2}, bytes_of(std::vector<float>{0, 2}))}}),
                 "channel 0: its minimum 1 is larger than its maximum 0"));
  CHECK(contains(run_in(folder, {"calibrate", "m.json", "--probe", "p.onnx"}).err,
                 "m.json: a probe is an ONNX model made of an ONNX model"));
  CHECK(run_in(folder, {"calibrate", "m.onnx", "--probe", "m.onnx"}).status == 1);
}

// Runs one network as tests/bench/executor.mjs asks, so that it is measured beside ONNX Runtime, run by run:
//
//   bench_executor MODEL THREADS INPUT DIMS FILE...     DIMS: 1x3x224x224; FILE: its floats
//
// Then line by line, from standard input: "run N" says how many seconds N runs take; "outputs FILE" writes the outputs,
// each as its name, its dimensions and its values; "profile N" says where the time of N runs goes; "memory" says, in
// KiB, how much anonymous memory the process had before the session was opened, and when it was, which is when the
// library was loaded but no layer made, and has now, how much the weights are and the largest set of activations that
// live at one time, and how much tensors take in the session.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

#include "graph/model.hpp"
#include "graph/operators/infer.hpp"
#include "runtime/executor/profile.hpp"
#include "runtime/executor/session.hpp"

namespace {

using namespace rw;

executor::Inputs read_inputs(const graph::Network& network, int argc, char** argv) {
  executor::Inputs inputs;
  for (int i = 3; i + 2 < argc; i += 3) {
    evaluator::Dims dims;
    std::stringstream text(argv[i + 1]);
    for (std::string dim; std::getline(text, dim, 'x');) dims.push_back(std::stoll(dim));
    std::vector<float> values(evaluator::count(dims));
    std::ifstream(argv[i + 2], std::ios::binary)
        .read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
    inputs.emplace(network.find(argv[i]).value(), evaluator::Array(dims, std::move(values)));
  }
  return inputs;
}

void write_outputs(const graph::Network& network, const std::vector<evaluator::Array>& outputs,
                   const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto values = outputs[i].to_floats();
    file << network.tensor(network.outputs()[i]).name << '\n' << evaluator::to_string(outputs[i].shape()) << '\n';
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
  }
}

std::size_t anonymous_kib() {
  malloc_trim(0);  // what was freed, as outputs are, is not in use
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("RssAnon:")) return std::stoul(line.substr(8));
  return 0;
}

std::size_t weights_kib(const graph::Network& network) {
  std::size_t elements = 0;
  for (const graph::Tensor& tensor : network.tensors())
    if (tensor.constant && graph::floating(tensor.constant->dtype))
      elements += evaluator::count({tensor.constant->shape.dims().begin(), tensor.constant->shape.dims().end()});
  return elements * sizeof(float) / 1024;
}

// The largest set of activations that live at one time, where every operator runs by itself, in order: what it reads,
// what it gives, and what later ones read or the network gives. Shapes are those of a run.
std::size_t live_kib(const graph::Network& network, const executor::Inputs& inputs) {
  executor::Options options;
  for (graph::TensorId id = 0; id < network.tensors().size(); ++id) {
    const graph::Tensor& tensor = network.tensor(id);
    if (!tensor.constant && (tensor.is_input || tensor.producer != graph::kNone)) options.watched.push_back(id);
  }
  std::map<graph::TensorId, std::size_t> bytes, last;  // last: behind which operator it goes, counted from 1
  executor::open(network, std::move(options))->run(inputs, [&](const executor::Value& value) {
    bytes[value.tensor] = value.floats.size_bytes() + value.integers.size_bytes();
  });
  std::size_t at = 0;
  for (const graph::OperatorId id : network.order()) {
    ++at;
    for (const graph::TensorId output : network.op(id).outputs) last[output] = at;
    for (const graph::TensorId input : network.op(id).inputs) last[input] = at;
  }
  for (const graph::TensorId id : network.outputs()) last[id] = at;
  std::map<std::size_t, std::size_t> going;  // bytes, by the operator behind which they go
  std::size_t live = 0, most = 0;
  for (const auto& [id, end] : last) {
    going[end] += bytes[id];
    if (id != graph::kNone && network.tensor(id).is_input) live += bytes[id];
  }
  at = 0;
  for (const graph::OperatorId id : network.order()) {
    for (const graph::TensorId output : network.op(id).outputs) live += bytes[output];
    most = std::max(most, live);
    live -= going[++at];
  }
  return most / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return std::fputs("usage: bench_executor MODEL THREADS INPUT DIMS FILE...\n", stderr), 2;
  graph::Model model = graph::read_model(argv[1]);
  graph::infer_shapes(model.network, graph::Forms(model.network));
  const graph::Network& network = model.network;
  const executor::Inputs inputs = read_inputs(network, argc, argv);
  const std::size_t before = anonymous_kib();
  executor::Options options;
  options.threads = static_cast<unsigned>(std::atoi(argv[2]));
  const auto session = executor::open(network, std::move(options));
  const auto run = [&] { return session->run(inputs, [](const executor::Value&) {}); };
  const std::size_t opened = anonymous_kib();
  const auto memory = [&] {
    const std::size_t now = anonymous_kib();
    const executor::Footprint tensors = session->footprint();
    return fmt::format("{} {} {} {} {} {}", before, opened, now, weights_kib(network), live_kib(network, inputs),
                       (tensors.weights + tensors.activations) / 1024);
  };
  for (std::string line; std::getline(std::cin, line);) {
    std::stringstream words(line);
    std::string verb, what;
    words >> verb >> what;
    const int count = std::atoi(what.c_str());
    const auto begin = std::chrono::steady_clock::now();
    executor::Profile profile;
    if (verb == "profile") executor::set_profile(&profile);
    if (verb == "run" || verb == "profile")
      for (int i = 0; i < count; ++i) run();
    executor::set_profile(nullptr);
    if (verb == "outputs") write_outputs(network, run(), what);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    for (const auto& [name, time] : profile) fmt::print("{}={:.3f} ", name, time / count * 1e3);
    fmt::print("{}\n", verb == "memory" ? memory() : verb == "profile" ? "" : fmt::format("{:.6f}", seconds));
    std::fflush(stdout);
  }
}

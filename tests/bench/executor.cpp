// Runs one network as tests/bench/executor.mjs asks, so that it is measured beside ONNX Runtime, run by run:
//
//   bench_executor MODEL THREADS INPUT DIMS FILE...     DIMS: 1x3x224x224; FILE: its floats
//
// Then line by line, from standard input: "run N" says how many seconds N runs take; "outputs FILE" writes the outputs,
// each as its name, its dimensions and its values; "profile N" says where the time of N runs goes; "memory" says how
// much anonymous memory the process has, and how much of it at most, in KiB.
#include <fmt/format.h>

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

std::string memory() {
  std::ifstream status("/proc/self/status");
  std::string line, anonymous;
  while (std::getline(status, line))
    if (line.starts_with("RssAnon:")) anonymous = line.substr(8);
  return anonymous;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) return std::fputs("usage: bench_executor MODEL THREADS INPUT DIMS FILE...\n", stderr), 2;
  graph::Model model = graph::read_model(argv[1]);
  graph::infer_shapes(model.network, graph::Forms(model.network));
  const graph::Network& network = model.network;
  const executor::Inputs inputs = read_inputs(network, argc, argv);
  const std::string before = memory();
  executor::Options options;
  options.threads = static_cast<unsigned>(std::atoi(argv[2]));
  const auto session = executor::open(network, std::move(options));
  const auto run = [&] { return session->run(inputs, [](const executor::Value&) {}); };
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
    fmt::print("{}\n", verb == "memory"    ? before + " " + memory()
                       : verb == "profile" ? ""
                                           : fmt::format("{:.6f}", seconds));
    std::fflush(stdout);
  }
}

// Inputs of networks that a test makes, as data.
#pragma once

#include "graph/operators/infer.hpp"
#include "runtime/data/data.hpp"
#include "tests/support/net.hpp"

namespace rw::test {

// With the shapes of all tensors.
inline graph::Network network_of(const Net& net) {
  graph::Network network = net.network();
  graph::infer_shapes(network, graph::Forms(network));
  return network;
}

class Samples final : public data::Data {
 public:
  explicit Samples(std::vector<data::Batch> batches) : batches_(std::move(batches)) {}
  // Random inputs of a network, one batch for each seed below `count`.
  Samples(const Net& net, const graph::Network& network, std::size_t count) {
    for (std::size_t seed = 0; seed < count; ++seed) {
      data::Batch batch;
      for (const auto& [name, array] : net.inputs(seed)) batch.emplace(*network.find(name), array);
      batches_.push_back(std::move(batch));
    }
  }

  std::uint64_t samples() const override { return batches_.size(); }
  std::size_t batches() const override { return batches_.size(); }
  data::Batch read(std::size_t batch) override {
    ++reads;
    return batches_.at(batch);
  }
  bool random() const override { return false; }
  const std::vector<std::string>& notes() const override { return notes_; }
  const std::vector<std::filesystem::path>& files() const override { return files_; }

  std::size_t reads = 0;

 private:
  std::vector<data::Batch> batches_;
  std::vector<std::string> notes_;
  std::vector<std::filesystem::path> files_;
};

}  // namespace rw::test

// Networks that are nothing but inputs, and what they are fed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/network.hpp"
#include "runtime/data/data.hpp"
#include "tests/samples/saved.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

struct InputOf {
  std::string name;
  Dims64 shape;  // -1: not known
  graph::DType dtype = graph::DType::float32;
};

// The inputs and an Identity of each.
graph::Network network_of(const std::vector<InputOf>& inputs);

// A network and a folder with files of samples for it.
class Fed {
 public:
  explicit Fed(const std::vector<InputOf>& inputs) : network_(network_of(inputs)) {}

  std::string save(const std::string& name, const std::string& content);  // gives its path
  data::Options options(std::vector<std::string> words) const { return {.words = std::move(words)}; }

  std::unique_ptr<data::Data> open(const data::Options& options) const { return data::open(network_, options); }
  std::unique_ptr<data::Data> open(std::vector<std::string> words) const { return open(options(std::move(words))); }
  // All batches, by the name of the input.
  std::vector<std::map<std::string, evaluator::Array>> batches(const data::Options& options) const;
  std::vector<std::map<std::string, evaluator::Array>> batches(std::vector<std::string> words) const {
    return batches(options(std::move(words)));
  }
  // What opening or reading them says; fails the test where it says nothing.
  std::string error(const data::Options& options) const;
  std::string error(std::vector<std::string> words) const { return error(options(std::move(words))); }

  const graph::Network& network() const { return network_; }
  std::string folder() const { return folder_.path().string(); }

 private:
  graph::Network network_;
  TemporaryFolder folder_;
};

}  // namespace rw::test

// Small networks that grow from the bytes of a fuzzer: what the evaluator can compute, in whatever form it takes it.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/fuzz/draw.hpp"
#include "tests/support/net.hpp"

namespace rw::fuzz {

// A tensor that operators to come may read.
struct Wire {
  std::string name;
  graph::DType dtype;
};

// A network that grows operator by operator (grown_moves.cpp). One that does not fit what it reads is not added; one
// whose values are not finite, very large or very many is a dead end.
class GrownNet {
 public:
  explicit GrownNet(Draw& draw);

  // Adds operators until the bytes come to an end, then heads and outputs.
  void grow();

  test::Net& net() { return net_; }
  // As Net::save and, with a seed, Net::save_nested; some inputs are declared with dimensions that are not known.
  std::filesystem::path save(const std::filesystem::path& folder, const std::string& stem,
                             std::optional<std::uint64_t> nested) const;
  bool steps() const { return steps_; }      // some operator's results jump where its input hardly moves
  bool inexact() const { return inexact_; }  // some operator is not bit-exact under powers of two

  // --- for moves
  Draw& draw() { return draw_; }
  std::int64_t opset() const { return opset_; }
  Wire pick();                                                    // of any type
  std::optional<Wire> pick_float(int least_rank, int most_rank);  // nothing: a few tries found none
  std::optional<Wire> like(const Wire& wire);                     // of the same shape and type
  test::Dims shape(const Wire& wire) const { return net_.shape(wire.name); }
  std::string name(const std::string& kind);
  // Constants. `axis`: the values along it have different sizes.
  std::string floats(test::Dims shape, graph::DType dtype, double low = -1, double high = 1,
                     std::optional<std::size_t> axis = std::nullopt);
  std::string ints(test::Dims values, std::optional<test::Dims> shape = std::nullopt);
  std::string bytes(test::Dims values);  // integers that are stored as uint8, if they fit, behind a Cast
  // A shape that broadcasts to this one: ones and missing axes by choice.
  test::Dims spread(const test::Dims& shape);
  // Adds the operator; its outputs are wires of these types.
  bool add(const std::string& type, std::vector<std::string> inputs, test::NetAttributes attributes,
           std::vector<graph::DType> outputs);
  void jumps() { steps_ = true; }
  void rounds() { inexact_ = true; }

 private:
  void input();
  void finish();
  std::string through(const std::string& name, test::Array value, graph::DType dtype);

  struct Kept {
    std::string name;
    test::Dims shape;
    graph::DType dtype;
    double low;
  };

  Draw& draw_;
  std::int64_t opset_;
  test::Net net_;
  std::vector<Wire> wires_;
  std::vector<Kept> constants_;
  std::map<std::string, test::Dims> declared_;  // of inputs: -1 where a dimension is not known
  int count_ = 0;
  bool steps_ = false, inexact_ = false;
};

// The moves by which a network grows; a chance is `weight` of the sum of them.
struct Move {
  int weight;
  void (*make)(GrownNet&);
};
std::span<const Move> moves();

}  // namespace rw::fuzz

// Both sides of an edit as one small network with common inputs: what the match found, and what takes its place.
// Whether the results keep their shapes and types is read off it, and trials run it.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/network.hpp"
#include "runtime/patterns/replacement.hpp"

namespace rw::patterns {

// What is said of the tensors that both sides read: shape and type, instead of what the network says.
struct Outside {
  TensorId tensor = kNone;
  Dims shape;
  bool known = true;  // its rank is known
  graph::DType dtype = graph::DType::undefined;
};

struct Pair {
  graph::Network network;
  struct Result {
    TensorId tensor;       // of the network that is edited
    TensorId left, right;  // of `network`
  };
  std::vector<Result> results;
  std::vector<std::pair<TensorId, TensorId>> inputs;  // of the edited network, of `network`
  std::vector<std::pair<TensorId, TensorId>> made;    // new tensors: their index in the replacement, of `network`
  std::vector<TensorId> left_tensors, right_tensors;  // that the operators of either side give
};

// What the edit reads from outside and is no constant, once each.
std::vector<Outside> outside_of(const View& view, const Match& match, const Replacement& replacement);

// Shapes are inferred. NoValue: it cannot be built (an operator whose constants do not fit). Constants are those of the
// network, which must live longer; weights with factors are written out where `values`, else only described.
Pair pair_of(const View& view, const Match& match, const Replacement& replacement, std::span<const Outside> outside,
             bool values);

// Why a result has not the shape and type that it had; empty: all have. Where dimensions, or how many there are, is not
// known before the network runs, several of them are tried: NoValue where none fits.
std::string changed_result(const View& view, const Match& match, const Replacement& replacement,
                           std::span<const Outside> outside, const Pair& pair);

// The same tensors with every dimension known; `draw` chooses which they are. NoValue: too large.
std::vector<Outside> with_known_shapes(std::vector<Outside> outside, unsigned draw);

}  // namespace rw::patterns

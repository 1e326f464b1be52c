// One operator between two layers: the layer before it offers a scale for each of its channels, the layers behind take
// it back. The operator is drawn at random: its attributes, the rank of what it meets, its other inputs (constants of
// all shapes, activations, what is computed from them), the element types of its indices.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/net.hpp"

namespace rw::test {

struct Sandwich {
  std::string what;          // the operator with its attributes and inputs, for messages
  std::shared_ptr<Net> net;  // 'a' is made by the layer before, 'f' is the operator
};

const std::vector<std::string>& sandwich_operators();

// Nothing: the operator does not take what was drawn. The same for the same seed.
std::optional<Sandwich> make_sandwich(const std::string& op, std::uint64_t seed);

}  // namespace rw::test

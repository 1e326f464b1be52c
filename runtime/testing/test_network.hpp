// The network of a rule file's test: built from its lines, with random weights of its seed, and bounded before anything
// of it is computed.
#pragma once

#include <span>

#include "dsl/program/program.hpp"
#include "graph/model.hpp"
#include "runtime/evaluator/evaluate.hpp"

namespace rw::runtime {

// What computing the network once may cost: elements of one tensor, and multiplications.
inline constexpr double kMaxTestTensor = 65'536;
inline constexpr double kMaxTestWork = 3e8;

// The same test gives the same model. graph::Error: weights, shapes or statistics that do not fit, a network that is
// too large, a shape that is not known. `std::runtime_error`: the evaluator does not know an operator (calibrate).
graph::Model test_model(const dsl::RuleTest& test, std::span<const dsl::LawBinding> laws,
                        const evaluator::Meanings& meanings = {});

// The network of a meaning, as it is written: its inputs have no shapes.
graph::Network body_network(const dsl::RuleTest& body);

// Values between -1 and 1 for its inputs.
evaluator::Arrays test_inputs(const dsl::RuleTest& test, std::uint64_t sample);

}  // namespace rw::runtime

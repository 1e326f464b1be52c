// The evaluator, as tests see it: an independent judge that shares nothing with the engine but the data types of
// graph/.
#pragma once

#include "runtime/evaluator/array.hpp"
#include "runtime/evaluator/compare.hpp"
#include "runtime/evaluator/evaluate.hpp"
#include "runtime/evaluator/literal.hpp"

namespace rw::test {

using namespace rw::evaluator;

}  // namespace rw::test

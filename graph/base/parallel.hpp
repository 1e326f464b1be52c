// Work that several threads share. What comes out never depends on how many there are.
#pragma once

#include <cstddef>

#include "graph/base/function_ref.hpp"

namespace rw::graph {

// Sets how many threads of the process may work at once. Call it before the work begins. 0, the default, means as many
// as there are processors that the process may run on.
void set_threads(unsigned count);

// Returns how many threads the caller may use. Within parallel_for() that is 1: its threads use the processors already.
unsigned threads();

// Calls f(i) for each i < count, smaller ones first and several at once, and returns when all calls have. Where some
// throw, the exception of the smallest such i is thrown on, and no call begins any more. A thread costs what copying
// some 100 KiB does: f should have more to do than that.
void parallel_for(std::size_t count, FunctionRef<void(std::size_t)> f);

// The same where `worth` says that all of it together is more than a thread costs; else one after the other, here.
void parallel_for_if(bool worth, std::size_t count, FunctionRef<void(std::size_t)> f);

// The same for much that is little each: calls f(begin, end) for the parts of [0, count) that are `part` long, the last
// one shorter.
void parallel_for_parts(std::size_t count, std::size_t part, FunctionRef<void(std::size_t, std::size_t)> f);

}  // namespace rw::graph

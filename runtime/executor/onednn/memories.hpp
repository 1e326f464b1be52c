// Memory objects of oneDNN, through which primitives are told where their arguments lie. Each takes 900 bytes and more
// for its description, so that a thread has one for each description, and not one for each argument.
#pragma once

#include "runtime/executor/onednn/format.hpp"

namespace rw::executor::onednn {

// The calling thread's object for the `nth` argument (from 0) of a primitive that has this description, at `data`. It
// is the thread's until it asks for the same one again.
dnnl_memory_t memory_object(const DescribedRef& description, std::size_t nth, const void* data);

}  // namespace rw::executor::onednn

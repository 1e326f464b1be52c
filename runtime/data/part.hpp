// The first batches of data as data of their own.
#pragma once

#include "runtime/data/data.hpp"

namespace rw::data {

// `all` is borrowed; it has at least `batches` of them, one or more, of `samples` samples together.
std::unique_ptr<Data> first_part(Data& all, std::size_t batches, std::uint64_t samples);

}  // namespace rw::data

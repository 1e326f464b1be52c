// Text of the user's files, made fit for a message: one line of bounded length, valid UTF-8, nothing that a terminal
// obeys.
#pragma once

#include <string>
#include <string_view>

#include "graph/base/error.hpp"

namespace rw::graph {

// Control characters and what a terminal does not show become \n, \u001b or \U000e0001, bytes that are no UTF-8 become
// \xff, and the middle of a long text "...".
std::string printable(std::string_view text);

std::string plural(std::size_t count, std::string_view what);  // "1 rule", "2 rules"

// The same error with printable texts; `file` where it names no file itself.
Error printable(const Error& error, std::string_view file);

}  // namespace rw::graph

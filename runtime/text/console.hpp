// The streams that the program was started with.
#pragma once

#include <string_view>

namespace rw::runtime {

// Where standard input, output or error is closed, the next file that is opened would take its place, and a message
// would go into it. Afterwards all three are open; what was closed gives nothing and takes nothing (EBADF).
void open_standard_streams();

// To standard error. Where that cannot be written there is nobody to tell: never throws.
void complain(std::string_view text);

// To standard output, after what was sent there before. Where that cannot be written any more it is said on standard
// error: what it tells of has been done. Never throws.
void announce(std::string_view text);

// Sends on what standard output still holds. Throws std::system_error: it cannot be written.
void flush_output();

}  // namespace rw::runtime

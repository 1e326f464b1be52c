// How much a test does where sanitizers watch. They make everything 5 to 20 times as slow, and find what they look for
// when a path is taken at all, not when it is taken a thousand times.
#pragma once

namespace rw::test {

// `many`, or `few` under a sanitizer (CMake's RW_SANITIZE).
template <typename T>
constexpr T unless_sanitized([[maybe_unused]] T many, [[maybe_unused]] T few) {
#ifdef RW_SANITIZED
  return few;
#else
  return many;
#endif
}

}  // namespace rw::test

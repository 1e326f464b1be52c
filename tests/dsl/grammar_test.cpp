// The grammar by itself: no rule can loop without reading, and every commit point has its message.
#include "dsl/syntax/grammar.hpp"

#include <tao/pegtl/contrib/analyze.hpp>

#include "tests/support/catch.hpp"

TEST_CASE("no rule of the grammar can call itself without reading a character") {
  CHECK(tao::pegtl::analyze<rw::dsl::grammar::file>() == 0);
}

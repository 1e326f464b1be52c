// "did you mean": what a word that nobody knows was meant to be.
#include "dsl/text/spelling.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

TEST_CASE("a word that was left off early means a name that begins with it") {
  const std::vector<std::string_view> operators = {"Constant", "Conv", "ConvInteger", "ConvTranspose", "CumSum"};
  CHECK(dsl::nearest("ConvTrans", operators) == "ConvTranspose");
  CHECK(dsl::nearest("convtrans", operators) == "ConvTranspose");
  CHECK(dsl::nearest("Con", operators) == "Conv");   // the shortest
  CHECK(dsl::nearest("conv", operators) == "Conv");  // no letter is missing
  CHECK(dsl::nearest("ConvI", operators) == "ConvInteger");
  CHECK(dsl::nearest("Cnov", operators) == "Conv");  // none begins with it: the nearest
  CHECK(dsl::nearest("Co", operators).empty());      // too short to say
  CHECK(dsl::did_you_mean("max", {"maximum", "min"}) == "did you mean 'maximum'?");
  CHECK(dsl::nearest("abc", {"abcz", "abcy"}) == "abcy");  // of one length the first in the alphabet
}

TEST_CASE("where nothing is near, what there is") {
  CHECK(dsl::meant_or_all("passthrough", {"block", "pass"}) == "did you mean 'pass'?");
  CHECK(dsl::meant_or_all("x", {"lo", "hi"}) == "there are: lo, hi");
  CHECK(dsl::meant_or_all("x", {}) == "there are none");
  const std::vector<std::string_view> many(21, "name");
  CHECK(dsl::meant_or_all("x", many).ends_with(", name and 9 more"));
}

}  // namespace rw::test

// Rules that never come to rest are told when they are checked.
#include <string>

#include "dsl/load.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/testing/restless.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/sanitized.hpp"

namespace rw::test {
namespace {

// What is said of these rules, a line for each warning.
std::string told(const std::string& text) {
  dsl::Library library = runtime::rule_library();
  library.read = [&](const std::string&, std::string&) { return std::optional(text); };
  const std::vector<std::string> files = {"rules.dsl"};
  const dsl::Loaded rules = dsl::load(files, library, runtime::vocabulary());
  REQUIRE_FALSE(dsl::has_errors(rules.diagnostics));
  const trials::DrawLimits few{.accepted = 10, .draws = 100, .seconds = unless_sanitized(1.0, 20.0)};
  std::string out;
  for (const runtime::Restless& each : runtime::restless_rules(rules.program, runtime::try_rules(rules, few))) {
    out += each.warning.message + "\n";
    CHECK(each.network.find("test ") != std::string::npos);
  }
  return out;
}

constexpr const char* kTwice = "rule twice { match { y = Mul(x, 2) } replace { y = Add(x, x) } }\n";
constexpr const char* kSum = "rule sum { match { y = Add(x, x) } replace { y = Mul(x, 2) } }\n";

}  // namespace

TEST_CASE("Two rules that undo each other are told, once") {
  const std::string both = told(std::string(kTwice) + kSum);
  CHECK(both == "'twice' and 'sum' undo each other, so that a run stops after ten rounds\n");
  CHECK(told(kTwice).empty());
  CHECK(told(kSum).empty());
}

TEST_CASE("Three rules in a circle are told") {
  const std::string circle = told(
      "rule a { match { y = Neg(Relu(x)) } replace { y = Mul(Relu(x), -1) } }\n"
      "rule b { match { y = Mul(Relu(x), -1) } replace { y = Sub(0, Relu(x)) } }\n"
      "rule c { match { y = Sub(0, Relu(x)) } replace { y = Neg(Relu(x)) } }\n");
  CHECK(circle == "'a', 'b' and 'c' undo each other, so that a run stops after ten rounds\n");
}

TEST_CASE("A rule that finds what it has made is told") {
  CHECK(told("rule swap { match { z = Add(Relu(x), Sigmoid(y)) } replace { z = Add(Sigmoid(y), Relu(x)) } }\n") ==
        "'swap' finds again what it has made, so that a run stops after ten rounds\n");
}

TEST_CASE("A rule that makes the network larger and larger is told") {
  const std::string grows = told("rule grow { match { y = Neg(x) } replace { a = Neg(x)\nb = Neg(a)\ny = Neg(b) } }\n");
  CHECK(grows.find("rule 'grow' makes the network larger and larger") == 0);
}

TEST_CASE("Rules that ship come to rest") {
  for (const char* file : {"prepare", "simplify", "relu6"}) {
    const dsl::Loaded rules = dsl::load({std::string(file)}, runtime::rule_library(), runtime::vocabulary());
    const trials::DrawLimits few{.accepted = 10, .draws = 100, .seconds = unless_sanitized(1.0, 20.0)};
    for (const runtime::Restless& each : runtime::restless_rules(rules.program, runtime::try_rules(rules, few)))
      FAIL(each.warning.message << "\n" << each.network);
  }
}

}  // namespace rw::test

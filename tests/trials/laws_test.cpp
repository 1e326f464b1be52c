// Laws that are not true of their operators are found, and those of std.dsl stand.
#include <fmt/format.h>

#include "dsl/load.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/testing/law_trials.hpp"
#include "runtime/testing/rule_test.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/sanitized.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

dsl::Loaded rules_of(const std::string& text) {
  dsl::Library library = runtime::rule_library();
  library.read = [&](const std::string&, std::string&) { return std::optional(text); };
  dsl::Loaded rules = dsl::load({"./mine.dsl"}, library, runtime::vocabulary());
  std::string wrong;
  for (const dsl::Diagnostic& each : rules.diagnostics) wrong += dsl::draw(each, rules.sources);
  INFO(text << wrong);
  REQUIRE_FALSE(dsl::has_errors(rules.diagnostics));
  return rules;
}

std::vector<runtime::TriedLaw> tried(const dsl::Loaded& rules) {
  return runtime::try_laws(rules, {40, 600, unless_sanitized(0.5, 10.0)});
}

}  // namespace

TEST_CASE("a law that is not true is found, and the network that shows it fails as a test") {
  for (const char* const line : {"op Sigmoid law pass", "op Exp law pass", "op HardSwish law pass elementwise",
                                 "op Elu law pass where alpha < 2", "op Softmax law pass", "op Mul law join",
                                 "op Softsign law pass", "op Tanh, Relu law pass"}) {
    const dsl::Loaded rules = rules_of(std::string(line) + "\n");
    const std::vector<runtime::TriedLaw> laws = tried(rules);
    INFO(line);
    REQUIRE_FALSE(laws.empty());
    INFO(laws[0].accepted << " networks");
    CHECK(laws[0].differing > 0);
    CHECK(laws[0].counterexample.size() < 2000);
    const dsl::Diagnostics wrong = runtime::wrong_laws(laws);
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].code == "wrong-law");
    // What is shown is a rule file that fails with the line, by the judge of tests.
    const dsl::Loaded shown = rules_of(std::string(line) + "\n" + laws[0].counterexample);
    REQUIRE(shown.program.tests.size() == 1);
    CHECK(dsl::has_errors(runtime::run_test(shown, shown.program.tests[0])));
  }
}

TEST_CASE("no line of std.dsl and clip.dsl is called wrong, said by a file of one's own") {
  std::size_t scaled = 0;
  for (const char* const file : {"rules/std.dsl", "rules/clip.dsl"}) {
    // As another file it is not the library itself.
    const dsl::Loaded rules = rules_of("# a copy\n" + [&] {
      std::string text = read_file(source_path(file));
      if (const std::size_t set = text.find("set curves"); set != text.npos) text.replace(set, 10, "set copied");
      std::string laws;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find("\n\n", at), text.size());
        if (const std::string part = text.substr(at, end - at); part.find("function") == std::string::npos)
          laws += part + "\n\n";
        at = end + 2;
      }
      return laws;
    }());
    for (const runtime::TriedLaw& each : tried(rules)) {
      INFO(each.binding->op << ": " << each.differing << " of " << each.accepted << "\n" << each.counterexample);
      CHECK(each.differing == 0);
      scaled += each.accepted > 0 ? 1 : 0;
    }
  }
  CHECK(scaled >= 40);
}

TEST_CASE("an operator of one's own is tried by what it means") {
  const std::string swish = "op my::Swish law pass means (x) {\n  s = Sigmoid(x)\n  y = Mul(x, s)\n}\n";
  CHECK(tried(rules_of(swish))[0].differing > 0);
  CHECK(tried(rules_of("op my::Half law pass elementwise means LeakyRelu\n"))[0].differing == 0);
  CHECK(tried(rules_of("op my::Half law pass elementwise means LeakyRelu\n"))[0].accepted > 20);
  CHECK(tried(rules_of("op my::Other law pass\n")).empty());  // nobody knows what it computes
  // Tests run it, also where a meaning has an operator of another one.
  const std::string rule =
      "rule r { region r { parents Conv as p through my::Twice children Conv } do scale(p, 2) }\n"
      "test r \"t\" { input x [1, 2, 3, 3] a = Conv(x, weight [2, 2, 1, 1]) b = my::Twice(a)\n"
      "  c = Conv(b, weight [2, 2, 1, 1]) output c expect match parents a children c }\n";
  const std::string lines =
      "op my::Bend law pass means Relu\nop my::Twice law pass means (x) { r = my::Bend(x) y = Add(r, r) }\n";
  const dsl::Loaded right = rules_of(lines + rule);
  CHECK(runtime::run_test(right, right.program.tests[0]).empty());
  const dsl::Loaded wrong = rules_of("op my::Twice law pass means (x) { y = Sigmoid(x) }\n" + rule);
  const dsl::Diagnostics said = runtime::run_test(wrong, wrong.program.tests[0]);
  REQUIRE(said.size() == 1);
  CHECK(said[0].message.find("computes something else") != std::string::npos);
  CHECK(wrong.sources.locate(said[0].at).line == 4);  // of the output
  // Without a meaning its match alone is looked at, and that is said.
  const dsl::Loaded strange = rules_of("op my::Twice law pass\n" + rule);
  const dsl::Diagnostics warned = runtime::run_test(strange, strange.program.tests[0]);
  REQUIRE(warned.size() == 1);
  CHECK(warned[0].severity == dsl::Severity::warning);
  CHECK(warned[0].code == "not-compared");
}

}  // namespace rw::test

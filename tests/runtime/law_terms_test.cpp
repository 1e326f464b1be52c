// Terms that are laws: `through law pass` admits what obeys that law in this run.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "runtime/laws/law.hpp"
#include "tests/runtime/explained.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/sanitized.hpp"

using namespace rw;
using namespace rw::test;

namespace {

// conv a -> TYPE w -> conv c
Net between(const char* type) {
  Net net;
  net.output(net.conv("c", net.op(type, "w", {net.conv("a", net.image(), 4)}), 2));
  return net;
}

std::string rule(const std::string& through, const std::string& ops = "") {
  return ops + "\nrule s { region r { parents law linear as p through " + through +
         " may join law join children law linear as c } do scale(p, 2) }";
}

// The operators that std.dsl gives a law, by the law, separated by commas.
std::map<std::string, std::string> listed(const dsl::Program& program) {
  std::map<std::string, std::string> out;
  for (const dsl::LawBinding& binding : program.laws) {
    std::string& list = out[std::string(runtime::laws()[binding.law]->name)];
    list += (list.empty() ? "" : ", ") + binding.op;
  }
  return out;
}

}  // namespace

TEST_CASE("a law as a term admits what obeys it, as the op lines of the run have it") {
  CHECK(Engine(between("Relu"), rule("law pass")).rule_of("w") == "s");
  CHECK(Engine(between("Relu"), rule("law view")).rule_of("w").empty());
  CHECK(Engine(between("Elu"), rule("law pass")).rule_of("w").empty());
  CHECK(Engine(between("Elu"), rule("law pass", "op Elu law pass")).rule_of("w") == "s");
  CHECK(Engine(between("Elu"), rule("Relu", "op Elu law pass")).rule_of("w").empty());
  // Wherever it stands: in a later file and behind the rule too.
  CHECK(Engine(between("Elu"), rule("law pass") + "\nop Elu law pass\n").rule_of("w") == "s");
  // The last line that names an operator counts.
  CHECK(Engine(between("Relu"), rule("law pass", "op Relu law join")).rule_of("w").empty());
  CHECK(Engine(between("Relu"), rule("law join", "op Relu law join")).rule_of("w") == "s");
  // A clause may name both.
  CHECK(Engine(between("Relu"), rule("law view, Relu")).rule_of("w") == "s");
}

TEST_CASE("an operator of two laws is admitted by the one that it obeys itself") {
  Net net;
  const auto x = net.image();
  net.output(net.conv("c1", net.relu("w1", net.conv("a1", x, 4)), 2));
  net.output(net.conv("c2", net.relu("w2", net.conv("a2", x, 4)), 2));
  const Engine engine(net, rule("law pass", "op Relu law join where name == \"w2\""));
  CHECK(engine.rule_of("w1") == "s");
  CHECK(engine.rule_of("w2").empty());
}

TEST_CASE("a guard behind a law asks each operator of it") {
  Net net;
  const auto x = net.image();
  net.output(net.conv("c1", net.relu("w1", net.conv("a1", x, 4)), 2));
  net.output(net.conv("c2", net.max_pool("w2", net.conv("a2", x, 4)), 2));
  const Engine engine(net, rule("law pass where op != \"Relu\""));
  CHECK(engine.rule_of("w1").empty());
  CHECK(engine.rule_of("w2") == "s");
  const Engine wide(net, rule("law pass where storage_order == 0"));  // Relu has none: it is not known to be 0
  CHECK(wide.rule_of("w1").empty());
  CHECK(wide.rule_of("w2") == "s");
}

TEST_CASE("a pattern takes operators by their law") {
  Net net;
  net.output(net.relu("r", net.batch_norm("n", net.conv("a", net.image(), 4))));
  const auto edits = [&](const std::string& first, const std::string& second) {
    const Engine engine(net, "rule s { match { y = " + first + "(x, w, b) z = " + second +
                                 "(y, ...) } replace { z = y(x, w, b) } approximate \"it drops the second\" }");
    return engine.outcome().rules[0].edits;
  };
  CHECK(edits("law linear", "law affine") == 1);
  CHECK(edits("Conv", "law affine") == 1);
  CHECK(edits("law linear", "law pass") == 0);
  const auto of_set = [&](const std::string& set) {
    return Engine(net, "set that = " + set + "\nrule s { match { y = Conv(x, w, b) z = that(y, ...) } " +
                           "replace { z = y(x, w, b) } approximate \"it drops the second\" }")
        .outcome()
        .rules[0]
        .edits;
  };
  CHECK(of_set("law affine except Mul") == 1);
  CHECK(of_set("law affine, law pass except BatchNormalization") == 0);
}

TEST_CASE("a law is the list of its operators, on random networks") {
  const std::string carried[] = {"pass", "join", "concat", "split", "slice", "gather", "view", "product", "contract"};
  const auto text = [&](const auto& term) {
    std::string through;
    for (const std::string& law : carried) through += (through.empty() ? "" : ", ") + term(law);
    return fmt::format(
        "rule s {{ region r {{ parents {0}, {1}, {2} as p through {3} may join {4}, {5} children {0}, {1} as c leak "
        "pin }}"
        " do scale(p, 2) }}",
        term("linear"), term("affine"), term("gather"), through, term("join"), term("concat"));
  };
  const auto standard = listed(Engine(between("Relu"), rule("law pass")).rules().program);
  const std::string by_law = text([](const std::string& law) { return "law " + law; });
  const std::string by_name = text([&](const std::string& law) { return standard.at(law); });
  std::uint32_t regions = 0;
  for (std::uint64_t seed = 1; seed <= unless_sanitized(200U, 50U); ++seed) {
    const Net net = random_net(seed, {.most = 40, .samples = 0});
    const Engine one(net, by_law), other(net, by_name);
    INFO("seed " << seed);
    REQUIRE(one.outcome().visited.size() == other.outcome().visited.size());
    for (std::size_t i = 0; i < one.outcome().visited.size(); ++i) {
      CHECK(one.outcome().visited[i].taken_by == other.outcome().visited[i].taken_by);
      CHECK(one.outcome().visited[i].scales == other.outcome().visited[i].scales);
    }
    regions += one.outcome().rules[0].regions;
  }
  CHECK(regions > unless_sanitized(200U, 50U));
}

TEST_CASE("explain tells what a law asks for, and that a law is all there is to teach") {
  const Explained guarded(between("Relu"), rule("law pass where op != \"Relu\""));
  CHECK_THAT(
      guarded.text(),
      Catch::Matchers::Contains("and `through` (test.dsl:2) names law pass only where op != \"Relu\"") &&
          Catch::Matchers::Contains("remedy: admit every Relu in `through` (test.dsl:2); then s would scale 4 of 4"));
  const Explained named(between("Relu"), rule("law view"));
  CHECK_THAT(named.text(), Catch::Matchers::Contains("remedy: add Relu to `through` (test.dsl:2)"));
}

TEST_CASE("except takes operators out of a clause, a set and a law") {
  CHECK(Engine(between("Relu"), rule("law pass except MaxPool")).rule_of("w") == "s");
  CHECK(Engine(between("Relu"), rule("law pass except Relu")).rule_of("w").empty());
  CHECK(Engine(between("Relu"), rule("law pass except law view, Relu")).rule_of("w").empty());
  CHECK(Engine(between("Relu"), rule("law pass except Relu where name == \"other\"")).rule_of("w") == "s");
  CHECK(Engine(between("Relu"), rule("safe", "set safe = law pass except Relu, Abs")).rule_of("w").empty());
  CHECK(Engine(between("Relu"), rule("most", "set some = Relu, Abs\nset most = law pass except some"))
            .rule_of("w")
            .empty());
  // What a set takes out, another term may admit.
  CHECK(Engine(between("Relu"), rule("safe, Relu", "set safe = law pass except Relu")).rule_of("w") == "s");
  // Of an exception what it takes out itself is left.
  CHECK(Engine(between("Relu"), rule("law pass except odd", "set odd = law pass except Relu")).rule_of("w") == "s");
  CHECK_THAT(Engine(between("Relu"), rule("law pass except Relu")).reason("w"),
             Catch::Matchers::Contains("`through`") && Catch::Matchers::Contains("excepts it"));
}

TEST_CASE("must through wants one of its operators inside, and admits it") {
  const std::string gate = "must through Abs through law pass";
  const auto with = [](const std::string& through) {
    return "rule s { region r { parents Conv as p " + through + " children Conv } do scale(p, 2) }";
  };
  CHECK(Engine(between("Abs"), with("must through Abs")).rule_of("w") == "s");
  CHECK(Engine(between("Abs"), with(gate)).rule_of("w") == "s");
  CHECK(Engine(between("Relu"), with(gate)).rule_of("w").empty());
  CHECK_THAT(Engine(between("Relu"), with(gate)).reason("w"),
             Catch::Matchers::Contains("nothing stands inside that `must through` (test.dsl:1) asks for"));
  // Each of several asks for one of its own.
  CHECK(Engine(between("Relu"), with("must through Relu must through Abs, Relu")).rule_of("w") == "s");
  CHECK(Engine(between("Relu"), with("must through Relu must through Abs")).rule_of("w").empty());
  const std::string told = Explained(between("Relu"), with(gate), {}).text();
  CHECK_THAT(told, Catch::Matchers::Contains("write `through` for `must through`"));
}

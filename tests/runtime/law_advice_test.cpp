// `op my::Block law pass` is advised only where it could be true.
#include "runtime/regions/law_advice.hpp"

#include "graph/base/mapped_file.hpp"
#include "tests/runtime/explained.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace o = rw::test::onnx;

namespace {

// Conv a -> NODE of type DOMAIN::Block -> Conv c, with float constant k, integer constant i and a second activation z.
std::string model(const std::vector<std::string>& inputs, const std::string& domain, const std::string& type = "Block",
                  const std::string& behind = "") {
  std::vector<float> weight(2 * 2, 1.0F);
  return o::model(
             o::graph({o::node("Conv", {"x", "w"}, {"t"}), o::node("Relu", {"x"}, {"z"}),
                       o::node(type, inputs, {"u"}, {}, "", domain), o::node("Conv", {"u", "w"}, {"y"})},
                      {o::floats("w", {2, 2, 1, 1}, weight), o::floats("k", {2}, {1, 2}), o::ints("i", {2}, {0, 1})},
                      {o::value("x", {1, 2, 4, 4})}, {o::value("y", {1, 2, 4, 4}), o::value("z", {1, 2, 4, 4})})) +
         behind;
}

struct Advice {
  std::string report, explain;
};

Advice advice(const std::string& bytes) {
  const TemporaryFolder folder;
  write_file(folder / "m.onnx", bytes);
  const Explained explained([&] { return graph::read_model(folder / "m.onnx"); }, "equalization");
  const graph::Written nothing;
  const Engine& engine = explained.engine();
  return {
      runtime::text_report(
          {.model = engine.model(), .rules = engine.rules(), .outcome = engine.outcome(), .written = nothing}, false),
      explained.text()};
}

}  // namespace

TEST_CASE("an operator that nobody knows is given a law with its caveat, where it could be true") {
  const Advice one = advice(model({"t"}, "my"));
  CHECK(contains(one.report,
                 "warning: no law is known for my::Block (1 operator): it blocks; only if it treats every "
                 "channel alike, add `op my::Block law pass` to a rule file\n"));
  CHECK(contains(one.explain, "`op my::Block law pass` (only if it treats every channel alike; it is believed)"));
  CHECK(contains(advice(model({"t", "i"}, "my")).report, "`op my::Block law pass`"));
  CHECK(contains(advice(model({"t", "z"}, "my")).report, "`op my::Block law join`"));
}

TEST_CASE("an operator with constants, with a body or of a domain that is known is given none") {
  const auto none = [](const std::string& bytes, const std::string& why) {
    const Advice said = advice(bytes);
    INFO(said.report << said.explain);
    CHECK(contains(said.report, "it blocks (" + why + ")\n"));
    CHECK_FALSE(contains(said.report + said.explain, " law pass"));
    CHECK_FALSE(contains(said.report + said.explain, " law join"));
  };
  none(model({"t", "k"}, "my"), "it has constants, which may be different for each channel");
  none(model({"t", "i", "k"}, "my"), "it has constants, which may be different for each channel");
  none(model({"t"}, "my", "Block", o::bytes(25, o::bytes(1, "Block") + o::bytes(10, "my"))), "it has a body");
  none(model({"t"}, "com.microsoft"), "no operator of com.microsoft with this name is known");
  none(model({"t"}, ""), "no operator of ai.onnx with this name is known");
}

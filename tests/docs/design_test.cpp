// The numbers of the walk in docs/design.md.
#include "graph/formats/write_model.hpp"
#include "tests/docs/example_folder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"

namespace rw::test {
namespace {

// What a tensor holds at its first position, channel by channel, for x = 1.
std::vector<float> channels(const graph::Model& model, const std::string& tensor) {
  const Arrays inputs = {{"x", Array({1, 1, 2, 2}, std::vector<float>(4, 1))}};
  const Array value = evaluate(model.network, inputs).at(tensor);
  std::vector<float> firsts;
  for (std::size_t i = 0; i < value.floats().size(); i += 4) firsts.push_back(value.floats()[i]);
  return firsts;
}

}  // namespace

TEST_CASE("design.md: two channels from the statistics to the bytes") {
  const ExampleFolder folder;
  folder.run("rewrite-engine tiny.json ./pair.dsl -o out.json");
  const graph::Model before = graph::read_model(folder / "tiny.json"), after = graph::read_model(folder / "out.json");
  CHECK(channels(before, "t1") == std::vector<float>{1.5, 3});
  CHECK(channels(after, "t1") == std::vector<float>{6, 3});
  CHECK(channels(before, "y") == std::vector<float>{12});
  CHECK(channels(after, "y") == std::vector<float>{12});
}

}  // namespace rw::test

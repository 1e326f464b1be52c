// What the table says of operators is what the onnx package says, for every operator set that this one knows.
#include "graph/operators/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "graph/operators/form.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

constexpr std::array<std::string_view, 9> kKinds = {"integer", "number", "text",  "integers", "numbers",
                                                    "texts",   "tensor", "graph", "other"};

std::string text_of(Count count) {
  return fmt::format("{}-{}", count.least, count.most == Count::kAny ? "any" : fmt::format("{}", count.most));
}

template <typename List>
std::string list_of(const List& list) {
  return fmt::format("[{}]", fmt::join(list, ","));
}

std::string default_of(const AttributeSchema& each) {
  if (each.otherwise == Otherwise::needed) return "needed";
  if (each.otherwise != Otherwise::value) return "open";
  if (each.kind == AttributeKind::text) return std::string(each.text);
  if (each.kind == AttributeKind::integers) return list_of(each.list);
  if (each.kind == AttributeKind::texts) return list_of(each.texts);
  return fmt::format("{:.6g}", each.number);
}

std::string attributes_of(const OperatorSchema& schema, std::int64_t set) {
  std::set<std::string> all;
  for (const AttributeSchema& each : schema.attributes)
    if (each.in(set))
      all.insert(fmt::format("{}:{}:{}", each.name, kKinds[static_cast<std::size_t>(each.kind)], default_of(each)));
  return all.empty() ? "-" : fmt::format("{}", fmt::join(all, ";"));
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

// An input may have another name than the attribute that it was.
bool is_name_of(std::string_view input, std::string_view attribute) {
  static const std::set<std::pair<std::string_view, std::string_view>> kOther = {{"constant_value", "value"},
                                                                                 {"K", "k"}};
  return input == attribute || kOther.contains({input, attribute});
}

}  // namespace

TEST_CASE("Every operator that has a form has a schema, and tables are sorted") {
  for (const Form& form : forms()) {
    INFO(form.op);
    CHECK(find_schema(form.op));
  }
  CHECK(std::ranges::is_sorted(schemas(), {}, &OperatorSchema::op));
  for (const OperatorSchema& each : schemas()) {
    INFO(each.op);
    CHECK(std::ranges::is_sorted(each.signatures, {}, &Signature::since));
    CHECK(std::ranges::is_sorted(each.attributes, {}, [](const AttributeSchema& attribute) {
      return std::pair(attribute.name, attribute.since);
    }));
    CHECK(find_schema(each.op) == &each);
  }
  CHECK_FALSE(find_schema("my::Op"));
}

TEST_CASE("Attributes that became inputs, and operators of some operator sets alone") {
  const OperatorSchema& clip = *find_schema("Clip");
  REQUIRE(clip.attribute("max", 10));
  CHECK(clip.attribute("max", 10)->slot == 2);
  CHECK(clip.attribute("max", 10)->input_since == 11);
  CHECK_FALSE(clip.attribute("max", 11));
  CHECK(clip.signature(10).inputs.most == 1);
  CHECK(clip.signature(11).inputs.most == 3);
  CHECK(find_schema("ReduceMean")->attribute("axes", 17)->input_since == 18);
  CHECK(find_schema("ReduceSum")->attribute("axes", 12)->input_since == 13);
  CHECK(find_schema("Softmax")->attribute("axis", 12)->number == 1);
  CHECK(find_schema("Softmax")->attribute("axis", 13)->number == -1);
  CHECK_FALSE(find_schema("HardSwish")->in(13));
  CHECK(find_schema("HardSwish")->in(14));
  CHECK_FALSE(find_schema("Upsample")->in(10));
  CHECK(find_schema("Transpose")->attribute("perm", 13)->otherwise == Otherwise::reversed);
  CHECK(find_schema("Concat")->signature(13).inputs.most == Count::kAny);
  CHECK(find_schema("com.microsoft::QuickGelu")->since() == 1);
}

TEST_CASE("Schemas are those of the onnx package") {
  const std::string script = source_path("tests/graph/onnx_schemas.py");
  const Outcome said = run_program("/usr/bin/python3", {script});
  if (said.status == 77) {
    WARN("python3-onnx is not there: nothing was compared");
    return;
  }
  REQUIRE(said.status == 0);
  std::set<std::string> seen;
  for (const std::string& line : split(said.out, '\n')) {
    INFO(line);
    const std::vector<std::string> part = split(line, ' ');
    REQUIRE(part.size() == 6);
    const std::int64_t set = std::stoll(part[0]);
    const OperatorSchema* schema = find_schema(part[1]);
    if (!schema) continue;  // it has no form
    seen.insert(part[1]);
    if (!schema->in(set)) FAIL("the table does not have it");
    CHECK(text_of(schema->signature(set).inputs) == part[2]);
    CHECK(text_of(schema->signature(set).outputs) == part[4]);
    std::string attributes = part[5];
    if (const auto typo = attributes.find(":foward"); typo != std::string::npos)
      attributes.replace(typo, 7, ":forward");
    CHECK(attributes_of(*schema, set) == attributes);
    const std::vector<std::string> inputs = split(part[3], ',');
    for (const AttributeSchema& each : schema->attributes)
      if (each.input_since != 0 && set >= each.input_since)
        CHECK((each.slot < inputs.size() && is_name_of(inputs[each.slot], each.name)));
  }
  CHECK(seen.size() > 150);
}

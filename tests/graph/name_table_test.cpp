// Names to numbers, judged by a std::map.
#include "graph/base/name_table.hpp"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.hpp"

using rw::graph::NameTable;

TEST_CASE("A table of names knows each by its first number, whatever their lengths and how many there are") {
  std::mt19937 random(11);
  const auto draw = [&](int least, int most) { return std::uniform_int_distribution<int>(least, most)(random); };
  NameTable table;
  std::vector<std::string> names;  // by number
  std::map<std::string, std::uint32_t> expected;
  const auto name_of = [&](std::uint32_t number) -> std::string_view { return names[number]; };
  CHECK(table.find("", name_of) == std::nullopt);
  for (int round = 0; round < 40000; ++round) {
    // Few different letters, so that names repeat, begin alike and end alike.
    std::string name(static_cast<std::size_t>(draw(0, 1) ? draw(0, 9) : draw(0, 40)), 'a');
    for (std::size_t i = 0; i < name.size(); ++i)
      if (i % 7 == 3 || i + 1 == name.size()) name[i] = static_cast<char>('a' + draw(0, 6));
    if (draw(0, 9) == 0) name += '\0';
    const auto fresh = static_cast<std::uint32_t>(names.size());
    const auto known = expected.find(name);
    const auto found = table.find(name, name_of);
    REQUIRE(found == (known == expected.end() ? std::nullopt : std::optional(known->second)));
    table.prefetch(name);
    REQUIRE(table.intern(name, fresh, name_of) == found.value_or(fresh));
    if (found) continue;
    names.push_back(name);
    expected.emplace(name, fresh);
  }
  CHECK(table.size() == expected.size());
  CHECK(expected.size() > 5000);
  for (const auto& [name, number] : expected) REQUIRE(table.find(name, name_of) == number);
}

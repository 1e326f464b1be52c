#include "tests/support/everything.hpp"

#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/support/paths.hpp"

namespace rw::test {

std::string scale_everything(const std::string& formula) {
  std::ifstream file(source_path("rules/wide.dsl"));
  std::stringstream text;
  text << file.rdbuf();
  const std::string rules = text.str();
  const std::size_t conditions = rules.find("needs stats");
  if (conditions == std::string::npos) throw std::logic_error("rules/wide.dsl has another form");
  return fmt::format("{}do scale(p, {})\n}}\n", rules.substr(0, conditions), formula);
}

}  // namespace rw::test

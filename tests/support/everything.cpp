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
  std::string rule = rules.substr(0, conditions);
  const std::size_t parameters = rule.rfind("(lo"), end = rule.find(')', parameters);
  if (parameters != std::string::npos) rule.erase(parameters, end + 1 - parameters);
  return fmt::format("{}do scale(p, {})\n}}\n", rule, formula);
}

}  // namespace rw::test

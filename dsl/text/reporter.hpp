// Collects diagnostics, so many a file.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "dsl/text/diagnostic.hpp"

namespace rw::dsl {

class Reporter {
 public:
  void error(std::string_view code, Position at, std::string message, std::string hint = "");
  void warning(std::string_view code, Position at, std::string message, std::string hint = "");
  void add(Diagnostic diagnostic);  // the same thing at the same place is said once
  // So many are there that no more would be shown: there is no use in looking for what would be right.
  bool is_full(std::uint32_t source, Severity severity = Severity::error) const;
  std::size_t errors() const { return all_errors_; }  // so many were reported
  Diagnostics finish(std::uint32_t sources) &&;       // in the order of the places

 private:
  Diagnostics diagnostics_;
  std::map<std::uint32_t, std::size_t> errors_, warnings_;  // by source
  std::size_t all_errors_ = 0;
  std::set<std::tuple<std::uint32_t, std::uint32_t, std::string>> said_;
};

}  // namespace rw::dsl

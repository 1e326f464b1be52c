// Which operators obey which laws, as the `op` lines of a run have it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dsl/program/program.hpp"

namespace rw::dsl {

// Borrows the names of the bindings.
class BoundLaws {
 public:
  explicit BoundLaws(std::span<const LawBinding> bindings);

  // The laws that an operator may obey: those bound with a guard, back to the last one bound without. Empty: it has
  // none.
  std::span<const std::uint32_t> laws_of(std::string_view op) const;
  // The operators that may obey a law.
  std::span<const std::string_view> operators_of(std::uint32_t law) const;

 private:
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> laws_;
  std::unordered_map<std::uint32_t, std::vector<std::string_view>> operators_;
};

}  // namespace rw::dsl

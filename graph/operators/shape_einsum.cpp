// The output shape of Einsum: "ij,jk->ik", with "..." for axes that are broadcast.
#include <algorithm>
#include <map>
#include <string>

#include "graph/operators/dims.hpp"
#include "graph/operators/form_functions.hpp"

namespace rw::graph::shape_of {
namespace {

constexpr std::string_view kDots = "...";

// What is known of the letters, and of the axes in "...".
struct Letters {
  std::map<char, std::int64_t> sizes;
  std::map<char, int> seen;
  std::vector<Shape> dotted;
};

// Reads one operand; false: its letters are not those of its axes.
bool read(std::string_view term, const Shape& shape, Letters& letters) {
  const std::size_t dots = term.find(kDots);
  const std::size_t named = dots == std::string_view::npos ? term.size() : term.size() - kDots.size();
  const auto rank = static_cast<std::size_t>(shape.rank());
  if (!shape.known() || named > rank || (named < rank && dots == std::string_view::npos)) return false;
  std::size_t axis = 0;
  for (std::size_t i = 0; i < term.size(); ++i) {
    if (i == dots) {
      letters.dotted.emplace_back(shape.dims().subspan(axis, rank - named));
      axis += rank - named;
      i += kDots.size() - 1;
      continue;
    }
    const std::int64_t dim = shape[static_cast<int>(axis++)];
    std::int64_t& size = letters.sizes.try_emplace(term[i], dim).first->second;
    if (size < 0 || size == 1) size = dim;
    ++letters.seen[term[i]];
  }
  return true;
}

// Without "->": the axes of "...", then the letters that stand once.
std::string implied(const Letters& letters) {
  std::string term(letters.dotted.empty() ? "" : kDots);
  for (const auto& [letter, times] : letters.seen)
    if (times == 1) term += letter;
  return term;
}

}  // namespace

Dims einsum(const Node& node, std::uint32_t) {
  std::string equation(node.text("equation"));
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const std::size_t arrow = equation.find("->");
  const std::string operands = equation.substr(0, arrow);
  Letters letters;
  std::size_t begin = 0;
  for (std::size_t slot = 0; slot < node.input_count(); ++slot) {
    const std::size_t end = std::min(operands.find(',', begin), operands.size());
    if (begin > operands.size() ||
        !read(std::string_view(operands).substr(begin, end - begin), node.shape(slot), letters))
      return std::nullopt;
    begin = end + 1;
  }
  const Dims dotted = broadcast_dims(letters.dotted);
  if (!dotted) return std::nullopt;
  const std::string result = arrow == std::string::npos ? implied(letters) : equation.substr(arrow + 2);
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (result.compare(i, kDots.size(), kDots) == 0) {
      dims.insert(dims.end(), dotted->begin(), dotted->end());
      i += kDots.size() - 1;
    } else if (const auto found = letters.sizes.find(result[i]); found != letters.sizes.end()) {
      dims.push_back(found->second);
    } else {
      return std::nullopt;
    }
  }
  return dims;
}

}  // namespace rw::graph::shape_of

#include "tests/fuzz/rule_text.hpp"

#include <string>

#include "runtime/library.hpp"
#include "runtime/vocabulary.hpp"

namespace rw::fuzz {
namespace {

// A law of each kind; functions for what each parent asks and for what all of them ask.
constexpr std::string_view kStandard = R"(
op Conv, Gemm law linear
op MatMul law contract
op Mul law product
op Mul, BatchNormalization law affine where activations == 1
op LayerNormalization law normalize
op Relu law pass elementwise
op MaxPool law pass
op Add law join
op Concat law concat
op Split law split
op Slice law slice
op Gather law gather
op Reshape, Transpose law view
op Shape law shape
function range(p) = max(abs(p.min), abs(p.max))
function equalization(p, lo, hi) = clamp(range(p), lo, hi)
function aligned(p, lo, hi) = equalization(p, lo, hi) * overall(max, p.max)
function shared(p, lo, hi) = max(lo, across(min, range(p)))
)";

// As little as a rule can be about.
constexpr std::string_view kSmallStandard = R"(
op Conv law linear
op Relu law pass
function equalization(p, lo, hi) = clamp(p.max, lo, hi)
)";

}  // namespace

dsl::Loaded load_text(std::string_view rules, Standard standard) {
  const dsl::Library library = {
      [&](const std::string& path, std::string& why) -> std::optional<std::string> {
        why = "no such file";
        return path == "fuzz.dsl" ? std::optional<std::string>(rules) : std::nullopt;
      },
      [&](std::string_view name) -> std::optional<std::string> {
        if (name != "std") return std::nullopt;
        return std::string(standard == Standard::small ? kSmallStandard : kStandard);
      },
      [] { return std::vector<std::string>{"std"}; },
  };
  return dsl::load({"fuzz.dsl"}, library, runtime::vocabulary());
}

dsl::Loaded load_shipped(std::string_view name) {
  dsl::Loaded loaded = dsl::load({std::string(name)}, runtime::rule_library(), runtime::vocabulary());
  if (dsl::has_errors(loaded.diagnostics)) __builtin_trap();
  return loaded;
}

}  // namespace rw::fuzz

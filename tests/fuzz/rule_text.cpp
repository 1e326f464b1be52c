#include "tests/fuzz/rule_text.hpp"

#include <string>

#include "runtime/library.hpp"
#include "runtime/vocabulary.hpp"

namespace rw::fuzz {
namespace {

// A law of each kind; the functions that rules of the corpus call.
constexpr std::string_view kShortStandard = R"(
op Conv, ConvTranspose, Gemm law linear
op MatMul law contract
op MatMul law linear where activations == 1
op BatchNormalization law affine
op LayerNormalization law normalize
op Relu, Identity, Clip law pass elementwise
op MaxPool, ReduceMean, Pad, Resize law pass
op Mul law product
op Mul law affine where activations == 1
op Add, Sub, Where law join
op Concat law concat
op Split law split
op Slice law slice
op Gather law gather
op Reshape, Flatten, Transpose, Squeeze, Unsqueeze, DepthToSpace, Expand, Tile law view
op Shape, Constant law shape
op Sigmoid, Softmax law block
function range(p) = max(abs(p.min), abs(p.max))
function equalization(p, lo, hi) = clamp(largest(abs(p.max)) / (range(p) + 1e-30), lo, hi)
function shared(p, lo, hi) = let e = equalization(p, lo, hi) in max(lo, across(min, e / smallest(e)))
)";

}  // namespace

dsl::Loaded load_text(std::string_view rules) {
  const dsl::Library library = {
      [&](const std::string& path, std::string& why) -> std::optional<std::string> {
        why = "no such file";
        return path == "fuzz.dsl" ? std::optional<std::string>(rules) : std::nullopt;
      },
      [](std::string_view name) -> std::optional<std::string> {
        return name == "std" ? std::optional<std::string>(kShortStandard) : std::nullopt;
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

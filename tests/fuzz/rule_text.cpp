#include "tests/fuzz/rule_text.hpp"

#include <string>

#include "runtime/engine/library.hpp"
#include "runtime/engine/vocabulary.hpp"

namespace rw::fuzz {
namespace {

constexpr std::string_view kStandard = R"(
op Conv, Gemm law linear
op Relu law pass elementwise
op Add law join
op Concat law concat
function equalization(p, lo, hi) = clamp(p.max, lo, hi)
)";

dsl::Loaded load(std::string_view rules, dsl::Library library) {
  library.read = [&](const std::string& path, std::string& why) -> std::optional<std::string> {
    why = "no such file";
    return path == "fuzz.dsl" ? std::optional<std::string>(rules) : std::nullopt;
  };
  return dsl::load({"fuzz.dsl"}, library, runtime::vocabulary());
}

}  // namespace

dsl::Loaded load_text(std::string_view rules) {
  return load(rules, {{},
                      [](std::string_view name) -> std::optional<std::string> {
                        if (name != "std") return std::nullopt;
                        return std::string(kStandard);
                      },
                      [] { return std::vector<std::string>{"std"}; }});
}

dsl::Loaded load_text_with_std(std::string_view rules) { return load(rules, runtime::rule_library()); }

dsl::Loaded load_shipped(std::string_view name) {
  dsl::Loaded loaded = dsl::load({std::string(name)}, runtime::rule_library(), runtime::vocabulary());
  if (dsl::has_errors(loaded.diagnostics)) __builtin_trap();
  return loaded;
}

}  // namespace rw::fuzz

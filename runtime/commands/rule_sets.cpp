#include "runtime/commands/rule_sets.hpp"

#include <fmt/format.h>

#include <array>

namespace rw::commands {
namespace {

constexpr std::array kRuleSets = {
    RuleSet{"auto", "int8, whatever the network: `prepare clip balance` in one", "better with --data or --stats"},
    RuleSet{"balance", "int8: all scales at once, so that the predicted noise is least", "better with --stats"},
    RuleSet{"prepare", "before all others: folds BatchNormalization and constants, removes what does nothing", ""},
    RuleSet{"simplify", "any network: fewer operators, written-out curves and normalizations become one", ""},
    RuleSet{"clip", "beside others: scales pass ReLU6 and every other Clip, exactly", ""},
    RuleSet{"restore", "SiLU, hard-swish, Gelu: as cross_layer, with a Mul that gives scales back before curves", ""},
    RuleSet{"curves", "before others with --leak restore: curves that are one operator are written out", ""},
    RuleSet{"cross_layer", "weights alone: those before and behind a channel get one range", ""},
    RuleSet{"mixed", "weights and activations, with exponents to try", "--stats"},
    RuleSet{"wide", "activations alone: every channel grows to the largest, whatever joins", "--stats"},
    RuleSet{"equalization", "the same for three classic patterns; costs 0.3 to 2.5 dB where nothing is out of balance",
            "--stats"},
    RuleSet{"smoothquant", "transformers: outliers behind a normalization move into the weights that read it",
            "--stats"},
    RuleSet{"absorb_bias", "last: what a channel has at least moves into the bias behind it; approximate", "--stats"},
    RuleSet{"relu6", "runtimes without Min and Max: ReLU6 becomes Relu; approximate", ""},
    RuleSet{"sets", "for `use` in rule files: what regions are made of, by law", ""},
    RuleSet{"std", "seen by every rule file: the law of each operator", ""},
};

}  // namespace

std::span<const RuleSet> rule_sets() { return kRuleSets; }

const std::string& rule_sets_text() {
  static const std::string text = [] {
    std::string all =
        "Rule files that ship; several are run one after the other, as in `m.onnx prepare cross_layer`.\n\n";
    for (const RuleSet& set : kRuleSets)
      all +=
          fmt::format("  {:<12}  {}{}\n", set.name, set.when, set.needs.empty() ? "" : fmt::format(" [{}]", set.needs));
    return all;
  }();
  return text;
}

}  // namespace rw::commands

#include "runtime/laws/laws.hpp"

#include <fmt/format.h>

#include <array>

namespace rw::runtime {
namespace {

constexpr std::array<std::string_view, 5> kLinearParameters = {"weight", "bias", "weight_out", "weight_in", "axis"};
constexpr std::array<std::string_view, 4> kAffineParameters = {"weight", "bias", "mean", "axis"};

// One row a law: name, help, parameters, what it can be in a region, and its functions.
const std::array kLaws = {
    Law{"linear", "absorbs a scale at its activation and offers one at its output by editing weight and bias",
        kLinearParameters, true, true, false, law_linear::condition, law_linear::tie, law_linear::handles,
        law_linear::carry},
    Law{"affine", "absorbs and offers through constants per channel", kAffineParameters, true, true, false,
        law_affine::condition, law_affine::tie, law_affine::handles, law_affine::carry},
    Law{"pass",
        "output = input, channel by channel",
        {},
        false,
        false,
        true,
        law_pass::condition,
        law_pass::tie,
        nullptr,
        law_pass::carry},
    Law{"bounded",
        "a Clip that passes; its bounds become constants per channel, in Max and Min",
        {},
        false,
        false,
        true,
        law_bounded::condition,
        law_bounded::tie,
        law_bounded::handles,
        law_bounded::carry,
        nullptr,
        {},
        true},
    Law{"join",
        "all activations have the scale of the output; constant operands are scaled along",
        {},
        false,
        false,
        true,
        law_join::condition,
        law_join::tie,
        law_join::handles,
        law_join::carry},
    Law{"concat",
        "channels side by side; along another axis the inputs are tied one to one",
        {},
        false,
        false,
        true,
        law_concat::condition,
        law_concat::tie,
        nullptr,
        law_concat::carry},
    Law{"split",
        "channels side by side go to several outputs; along another axis all outputs are tied one to one",
        {},
        false,
        false,
        true,
        law_move::condition,
        law_move::tie,
        nullptr,
        law_move::carry},
    Law{"slice",
        "some of the channels; along another axis all of them",
        {},
        false,
        false,
        true,
        law_move::condition,
        law_move::tie,
        nullptr,
        law_move::carry},
    Law{"gather",
        "channels chosen by constant indices; from a constant table it offers",
        {},
        true,
        false,
        true,
        law_gather::condition,
        law_gather::tie,
        law_gather::handles,
        law_gather::carry},
    Law{"view",
        "channels follow the elements; those whose elements come to lie in one output channel are tied",
        {},
        false,
        false,
        true,
        law_move::condition,
        law_move::tie,
        nullptr,
        law_move::carry},
    Law{"product",
        "a factor pinned in every channel ties the other factor to the output",
        {},
        false,
        false,
        true,
        law_product::condition,
        law_product::tie,
        nullptr,
        law_product::carry,
        law_product::settle,
        "none of its factors is pinned in every channel"},
    Law{"contract",
        "the axis that is summed over is pinned; an operand passes to the output where the other is pinned",
        {},
        false,
        false,
        true,
        law_contract::condition,
        law_contract::tie,
        nullptr,
        law_contract::carry,
        law_contract::settle,
        "it sums over channels, or none of its operands is pinned in every channel"},
    Law{"normalize",
        "pinned at its input, offers through scale and bias",
        {},
        true,
        false,
        false,
        law_normalize::condition,
        law_normalize::tie,
        law_normalize::handles,
        law_normalize::carry,
        nullptr,
        "it normalizes its input"},
    Law{"shape",
        "reads no values: ties and pins nothing",
        {},
        false,
        false,
        true,
        law_shape::condition,
        law_shape::tie,
        nullptr,
        law_shape::carry},
    Law{"block",
        "carries no scale: pinned on both sides",
        {},
        false,
        false,
        false,
        law_block::condition,
        law_block::tie,
        nullptr,
        law_block::carry},
};

}  // namespace

std::span<const Law> laws() { return kLaws; }

const Law* find_law(std::string_view name) {
  for (const Law& law : kLaws)
    if (law.name == name) return &law;
  return nullptr;
}

const Law& block_law() { return kLaws.back(); }

std::string channels_missing(const Site& site, TensorId tensor) {
  if (tensor == kNone) return "an output is missing";
  if (site.channels().has(tensor)) return {};
  const graph::Tensor& info = site.network().tensor(tensor);
  if (!info.shape.known()) return fmt::format("the shape of '{}' is not known", info.name);
  return fmt::format("'{}' {}: {}", info.name, to_string(info.shape), reason(site.channels().state(tensor)));
}

std::string first_missing(const Site& site, std::uint32_t slot) {
  if (!site.has(slot)) return fmt::format("input {} is missing", slot);
  std::string why = channels_missing(site, site.input(slot));
  return why.empty() ? channels_missing(site, site.output()) : why;
}

std::string only_ones(const Site& site, Carry& carry) {
  for (std::uint32_t slot = 0; slot < site.input_count(); ++slot) {
    if (site.is_activation(slot) && !carry.input(slot).is_one())
      return fmt::format("its input '{}' is scaled, and it carries no scale", site.tensor(slot).name);
    if (carry.edit(slot))
      return fmt::format("its constant '{}' was edited, and it carries no scale", site.tensor(slot).name);
  }
  return {};
}

}  // namespace rw::runtime

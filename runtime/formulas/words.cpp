#include "runtime/formulas/words.hpp"

#include <array>

#include "dsl/program/program.hpp"

namespace rw::runtime {
namespace {

using dsl::FieldAbout;
using dsl::FunctionForm;
using dsl::Kind;

constexpr std::array<dsl::FunctionWord, 17> kFunctions = {{
    {"abs", FunctionForm::numeric, 1, "magnitude"},
    {"sqrt", FunctionForm::numeric, 1, "square root"},
    {"exp2", FunctionForm::numeric, 1, "2 to the power of x"},
    {"log2", FunctionForm::numeric, 1, "logarithm to base 2"},
    {"pow2", FunctionForm::numeric, 1, "x rounded down to a power of two"},
    {"pow", FunctionForm::numeric, 2, "x to the power of y"},
    {"min", FunctionForm::numeric, 2, "the smaller of two values"},
    {"max", FunctionForm::numeric, 2, "the larger of two values"},
    {"clamp", FunctionForm::numeric, 3, "x, but at least lo and at most hi"},
    {"largest", FunctionForm::per_node, 1, "the largest over the channels of each node"},
    {"smallest", FunctionForm::per_node, 1, "the smallest over the channels of each node"},
    {"mean", FunctionForm::per_node, 1, "the mean over the channels of each node"},
    {"sum", FunctionForm::per_node, 1, "the sum over the channels of each node"},
    {"across", FunctionForm::collect_classes, 2,
     "for each scale class: the max, min or mean of all values that belong to it"},
    {"overall", FunctionForm::collect_all, 2, "the max, min or mean over all channels of all nodes"},
    {"count", FunctionForm::count, 1, "how many nodes a set has"},
    {"stats", FunctionForm::data, 1, "whether there are statistics for all of a set, or for every class of a region"},
}};

constexpr std::array<std::string_view, 3> kReductions = {"max", "min", "mean"};

constexpr unsigned role(dsl::Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned kParents = role(dsl::Role::parents), kChildren = role(dsl::Role::children),
                   kRegion = role(dsl::Role::region);
constexpr unsigned kNodes = kParents | kChildren | role(dsl::Role::join) | role(dsl::Role::chain_node);

// A field of one name is about channels for nodes and about classes for regions.
constexpr std::array<dsl::FieldWord, 9> kFields = {{
    {"min", Kind::number, FieldAbout::channel, kParents, "smallest calibrated value of each output channel", true},
    {"max", Kind::number, FieldAbout::channel, kParents, "largest calibrated value of each output channel", true},
    {"weight", Kind::number, FieldAbout::channel, kParents | kChildren,
     "largest magnitude of the weights of each channel"},
    {"bias", Kind::number, FieldAbout::channel, kParents, "bias of each output channel"},
    {"name", Kind::text, FieldAbout::node, kNodes, "name of the node"},
    {"op", Kind::text, FieldAbout::node, kNodes, "its operator"},
    {"channels", Kind::number, FieldAbout::node, kNodes, "how many channels its output has"},
    {"min", Kind::number, FieldAbout::region_class, kRegion, "smallest calibrated value of each class", true},
    {"max", Kind::number, FieldAbout::region_class, kRegion, "largest calibrated value of each class", true},
}};

}  // namespace

std::span<const dsl::FunctionWord> function_words() { return kFunctions; }
std::span<const std::string_view> reduction_words() { return kReductions; }
std::span<const dsl::FieldWord> field_words() { return kFields; }

}  // namespace rw::runtime

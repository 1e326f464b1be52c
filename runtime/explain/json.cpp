#include <fmt/format.h>

#include <cmath>

#include "graph/formats/text/json_text.hpp"
#include "runtime/explain/explain.hpp"
#include "runtime/report/channels.hpp"

namespace rw::runtime {
namespace {

namespace json = graph::json;

// By obstacle, in the order of the enumeration.
constexpr std::array<std::string_view, 11> kObstacles = {"claimed",         "parent",     "child",   "no_child",
                                                         "inner",           "no_through", "no_join", "leak",
                                                         "no_free_channel", "where",      "needs"};
static_assert(kObstacles.size() == static_cast<std::size_t>(Obstacle::data) + 1);

class JsonWords {
 public:
  explicit JsonWords(const ExplainInput& input)
      : input_(input),
        network_(input.model.network),
        told_{input.rules, input.outcome.analysis, input.outcome.regions},
        decibels_(by_region(input.outcome, input.layers)) {}

  std::string run() const {
    const Explanation& all = input_.explanation;
    std::string text = fmt::format(
        "{{\n\"format\": \"rewrite-engine/explain\", \"version\": 1,\n\"model\": {}, \"matched\": {}, \"left_alone\": "
        "{},\n",
        json::quoted(input_.model.path.string()), all.matched.size(), all.missed.size());
    std::string regions;
    for (const auto& list : {&all.missed, &all.matched})
      for (const RegionView& view : *list) regions += (regions.empty() ? "\n  " : ",\n  ") + region(view);
    text += "\"regions\": [" + regions + "\n],\n";
    text += "\"offer_no_scale\": " + json::list(all.bystanders, [&](const Bystander& each) {
              return fmt::format("{{\"operator\": {}, \"type\": {}, \"why\": {}}}", op(each.op),
                                 json::quoted(network_.type_of(each.op)), json::quoted(each.why));
            });
    text += ",\n\"patterns\": " + json::list(all.edits, [&](const EditView& each) {
              return fmt::format("{{\"rule\": {}, \"edits\": {}, \"left\": {}}}", rule(each.rule), each.edits,
                                 json::list(each.left, [&](const Declined& one) {
                                   return fmt::format("{{\"operator\": {}, \"why\": {}}}", op(one.op),
                                                      json::quoted(one.text()));
                                 }));
            });
    std::string remedies;
    for (const std::size_t i : all.by_gain) remedies += (remedies.empty() ? "\n  " : ",\n  ") + remedy(i);
    text += ",\n\"remedies\": [" + remedies + "\n],\n";
    return text + fmt::format("\"tried\": {}, \"capped\": {}\n}}\n", all.tries, all.capped || all.not_tried > 0);
  }

 private:
  static std::string decibels(const std::optional<double>& value) {
    std::string text = "null";
    if (value) json::append_number(std::round(*value * 1000) / 1000, text = {});
    return text;
  }
  std::string op(OperatorId id) const { return id == kNone ? "null" : json::quoted(network_.op(id).name); }
  std::string tensor(TensorId id) const { return id == kNone ? "null" : json::quoted(network_.tensor(id).name); }
  std::string ops(std::span<const OperatorId> list) const {
    return json::list(list, [&](OperatorId id) { return op(id); });
  }
  std::string rule(std::uint32_t index) const {
    return index == kNone ? "null" : json::quoted(input_.rules.program.rules[index].name);
  }

  std::string miss(const Miss& each) const {
    return fmt::format("{{\"obstacle\": {}, \"operator\": {}, \"tensor\": {}, \"clause\": {}, \"why\": {}}}",
                       json::quoted(kObstacles[static_cast<std::size_t>(each.obstacle)]), op(each.op),
                       tensor(each.tensor), json::quoted(place(told_, each.clause)),
                       json::quoted(describe(told_, each)));
  }

  std::string leak(const LeakPath& path) const {
    std::string steps;
    if (path.parent != kNone)
      steps = json::list(path.steps, [&](const PathStep& step) {
        return fmt::format("{{\"operator\": {}, \"tensor\": {}, \"channel\": {}}}", op(step.op), tensor(step.tensor),
                           step.channel);
      });
    return fmt::format(
        "{{\"tensor\": {}, \"operator\": {}, \"why\": {}, \"pins\": {}, \"of\": {}, \"parent\": {}, \"channel\": {}, "
        "\"path\": {}}}",
        tensor(path.leak.tensor), op(path.leak.op), json::quoted(leak_text(told_, path.leak)), path.pinned,
        path.offered, op(path.parent), path.channel, steps.empty() ? "[]" : steps);
  }

  std::string region(const RegionView& view) const {
    const Region& shape = input_.outcome.regions[view.region->region];
    const RegionDecibels& noise = decibels_[static_cast<std::size_t>(view.region - input_.outcome.visited.data())];
    std::string text = fmt::format(
        "{{\"rule\": {}, \"parents\": {}, \"children\": {}, \"inside\": {}, \"channels\": {}, \"bounded\": {}, "
        "\"before\": {}, \"after\": {}",
        rule(view.region->taken_by), ops(shape.parents), ops(input_.outcome.regions.readers(shape)), ops(shape.inner),
        shape.classes, count_at_bound(input_.outcome, *view.region), decibels(noise.before), decibels(noise.after));
    text +=
        ",\n   \"rules\": " + json::list(view.rules, [&](const RuleView& each) {
          return fmt::format("{{\"rule\": {}, \"matched\": {}, \"misses\": {}}}", rule(each.rule), each.misses.empty(),
                             json::list(each.misses, [&](const Miss& one) { return miss(one); }));
        });
    text += ",\n   \"scales\": " + json::list(view.scales, [&](const ParentScale& each) {
              return fmt::format("{{\"parent\": {}, \"smallest\": {}, \"largest\": {}}}", op(each.parent),
                                 each.smallest, each.largest);
            });
    text += ",\n   \"leaks\": " + json::list(view.leaks, [&](const LeakPath& each) { return leak(each); });
    text += ",\n   \"remedies\": " + json::list(view.cures, [&](const Cure& cure) {
              return fmt::format("{{\"remedy\": {}, \"rule\": {}, \"channels\": {}, \"of\": {}}}", cure.remedy,
                                 json::quoted(cure.by), cure.channels, cure.of);
            });
    return text + "}";
  }

  std::string remedy(std::size_t index) const {
    const Remedy& each = input_.explanation.remedies[index];
    return fmt::format(
        "{{\"remedy\": {}, \"changes\": {}, \"files\": {}, \"claims_a_law\": {}, \"layers\": {}, \"regions\": {}, "
        "\"channels\": {}, \"formula_tried\": {}, \"stops_the_run\": {}}}",
        index, json::list(each.steps, [](const std::string& step) { return json::quoted(step); }),
        json::list(each.files, [](const std::string& file) { return json::quoted(file); }), each.claims,
        each.files.empty() ? "null" : fmt::format("{}", each.layers), each.regions, each.channels, each.tried_fully,
        each.refused.empty() ? "null" : json::quoted(each.refused));
  }

  const ExplainInput& input_;
  const graph::Network& network_;
  Told told_;
  std::vector<RegionDecibels> decibels_;  // by region that was visited
};

}  // namespace

std::string explain_json(const ExplainInput& input) { return JsonWords(input).run(); }

}  // namespace rw::runtime

#include <fmt/format.h>

#include "graph/base/printable.hpp"
#include "runtime/explain/recipes.hpp"
#include "runtime/pages/regions.hpp"

namespace rw::pages {
namespace {

using graph::kNone;
using runtime::Miss;
using runtime::Obstacle;
using runtime::Told;

std::string type_of(const Told& told, graph::OperatorId op) {
  return graph::printable(told.analysis.network->type_of(op));
}

std::string known(const Told& told, graph::OperatorId op) {
  return runtime::file_that_helps(told.analysis.network->type_of(op));
}

std::string leak(const Told& told, graph::OperatorId op) {
  if (op == kNone)
    return "nothing: inputs and outputs of the network stay as they are; `leak pin` scales the other channels";
  if (std::string helps = known(told, op); !helps.empty()) return helps;
  if (told.analysis.operators[op].unknown)
    return fmt::format("say the law of {} in a rule file, if you know it: `op {} law ...`", type_of(told, op),
                       type_of(told, op));
  return "`leak pin` in the region: the channels that do not come there are scaled";
}

std::string clause(const Told& told, const Miss& miss, const char* name) {
  if (std::string helps = known(told, miss.op); !helps.empty()) return helps;
  return fmt::format("name {} in `{}` of a rule", type_of(told, miss.op), name);
}

}  // namespace

std::string usual_remedy(const Told& told, const runtime::Chief& chief) {
  if (chief.leak) return leak(told, chief.leak->op);
  if (!chief.miss) return {};
  const Miss& miss = *chief.miss;
  switch (miss.obstacle) {
    case Obstacle::claimed:
      return "nothing: another rule scaled it";
    case Obstacle::parent:
      return clause(told, miss, "parents");
    case Obstacle::child:
      return clause(told, miss, "children");
    case Obstacle::inner:
      return clause(told, miss, told.regions.is_joining(miss.op) ? "join" : "through");
    case Obstacle::no_child:
      return "nothing: no weight behind it could take the scale back";
    case Obstacle::no_through:
      return "`through` in the place of `must through`";
    case Obstacle::no_join:
      return "`may join` in the place of `join`";
    case Obstacle::leak:
      return leak(told, miss.op);
    case Obstacle::no_free_channel:
      return "nothing: each of its channels comes to where it must stay";
    case Obstacle::condition:
      return "take out or widen the condition";
    case Obstacle::data:
      return "give ranges (--data, --stats), or rules that need none: cross_layer";
  }
  return {};
}

}  // namespace rw::pages

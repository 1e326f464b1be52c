#include "runtime/testing/meanings.hpp"

#include "runtime/evaluator/call.hpp"
#include "runtime/testing/test_network.hpp"

namespace rw::runtime {

Meanings::Meanings(std::span<const dsl::OperatorMeaning> meanings) {
  for (const dsl::OperatorMeaning& each : meanings) {
    evaluator::Meaning meaning{.as = each.as};
    if (each.as.empty()) {
      meaning.body = &bodies_.emplace_back(body_network(each.body));
      for (const dsl::TestInput& input : each.body.inputs) meaning.params.push_back(input.name);
      meaning.results = each.body.outputs;
    }
    // Of an operator that means one of the user's own: what that one means then.
    if (const auto known = all_.find(meaning.as); !meaning.as.empty() && known != all_.end()) meaning = known->second;
    all_.insert_or_assign(each.op, std::move(meaning));
  }
}

bool Meanings::knows(std::string_view op) const { return evaluator::knows(op) || all_.contains(op); }

}  // namespace rw::runtime

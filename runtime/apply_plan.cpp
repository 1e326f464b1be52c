#include "runtime/apply_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace rw::runtime {
namespace {

bool is_one(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double each) { return each == 1.0; });
}

bool is_one(const std::vector<graph::Factor>& factors) {
  return std::all_of(factors.begin(), factors.end(), [](const graph::Factor& factor) { return is_one(factor.values); });
}

bool changes(const Edit* edit) { return edit && !(is_one(edit->factors) && is_one(edit->folded)); }

bool same(const std::vector<graph::Factor>& a, const std::vector<graph::Factor>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const graph::Factor& x, const graph::Factor& y) {
    return x.axes == y.axes && x.values == y.values;
  });
}

bool same(const Edit& a, const Edit& b) {
  return a.shape == b.shape && a.view == b.view && same(a.factors, b.factors) && same(a.folded, b.folded);
}

graph::ConstantEdit edit_of(TensorId tensor, const Edit& edit) {
  graph::ConstantEdit result{tensor, edit.shape, edit.view, edit.factors};
  result.factors.insert(result.factors.end(), edit.folded.begin(), edit.folded.end());
  return result;
}

class Applier {
 public:
  Applier(const Analysis& analysis, const Plan& plan) : network_(*analysis.network), plan_(plan) {}

  graph::Rewriting run() {
    std::set<TensorId> edited;  // in the order of the file
    for (const auto& [key, edit] : plan_.edits())
      if (changes(&edit))
        edited.insert(network_.op(static_cast<OperatorId>(key >> 32U)).inputs[static_cast<std::uint32_t>(key)]);
    for (const TensorId tensor : edited) rewrite(tensor);
    return std::move(result_);
  }

 private:
  // Users with equal edits share one tensor. The tensor itself changes where all of its users change it; who wants it
  // otherwise reads a copy.
  void rewrite(TensorId tensor) {
    struct Version {
      const Edit* edit;
      std::vector<graph::Use> uses;
    };
    std::vector<Version> versions;
    bool kept =
        network_.tensor(tensor).is_output || network_.tensor(tensor).producer != kNone;  // somebody needs it unchanged
    for (const graph::Use& use : network_.consumers(tensor)) {
      const Edit* edit = plan_.edit(use.op, use.slot);
      if (!changes(edit)) {
        kept = true;
        continue;
      }
      const auto found =
          std::find_if(versions.begin(), versions.end(), [&](const Version& each) { return same(*each.edit, *edit); });
      if (found == versions.end())
        versions.push_back({edit, {use}});
      else
        found->uses.push_back(use);
    }
    for (std::size_t i = 0; i < versions.size(); ++i) {
      if (i == 0 && !kept) {
        result_.constants.push_back(edit_of(tensor, *versions[i].edit));
        continue;
      }
      const std::size_t copy = result_.copies.size();
      result_.copies.push_back({copy_name(tensor, versions[i].uses[0].op), edit_of(tensor, *versions[i].edit)});
      for (const graph::Use& use : versions[i].uses) result_.rebindings.push_back({use.op, use.slot, copy});
    }
  }

  std::string copy_name(TensorId tensor, OperatorId op) {
    const std::string base = fmt::format("{}@{}", network_.tensor(tensor).name, network_.op(op).name);
    std::string name = base;
    for (int i = 2; network_.find(name) || !names_.insert(name).second; ++i) name = fmt::format("{}_{}", base, i);
    return name;
  }

  const graph::Network& network_;
  const Plan& plan_;
  graph::Rewriting result_;
  std::set<std::string> names_;
};

}  // namespace

graph::Rewriting apply_plan(const Analysis& analysis, const Plan& plan, const graph::Statistics& all,
                            const graph::Statistics& used) {
  graph::Rewriting result = Applier(analysis, plan).run();
  result.graph = plan.graph;
  for (const graph::Statistic& entry : all.entries()) {
    if (entry.tensor == kNone) continue;
    const graph::Tensor& tensor = analysis.network->tensor(entry.tensor);
    if (tensor.producer == kNone && !tensor.is_input && !tensor.constant) {  // an edit of the graph took it out
      result.statistics.push_back({entry.tensor, {}});
      continue;
    }
    const std::vector<double>* scale = plan.scale_of(entry.tensor);
    if (!scale || is_one(*scale)) continue;
    const bool along = used.find(entry.tensor) != nullptr;
    result.statistics.push_back({entry.tensor, along ? *scale : std::vector<double>()});
  }
  return result;
}

}  // namespace rw::runtime

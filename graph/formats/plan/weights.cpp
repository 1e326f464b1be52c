// Plans applied to files of weights alone.
#include <fmt/format.h>

#include <deque>
#include <set>
#include <unordered_map>

#include "graph/base/error.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/plan/entry.hpp"
#include "graph/formats/plan/planned.hpp"
#include "graph/formats/weights/safetensors.hpp"
#include "graph/mark.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {
namespace {

class WeightPlan {
 public:
  WeightPlan(const PlanFile& plan, std::span<const WeightFile> files, ApplyOptions options)
      : plan_(plan), files_(files), options_(options) {
    if (plan.edits_graph())
      throw Error(plan.path, "",
                  options.undo ? "it edits the graph, which cannot be undone"
                               : "it edits the graph: apply it to the model, not to its weights alone");
    for (const PlanScale& scale : plan.scales) {
      if (!scale.made_by.empty())
        misfit(plan, scale.tensor,
               fmt::format("node '{}' makes it of other constants: apply the plan to the model, not to its weights",
                           scale.made_by));
      by_tensor_[scale.tensor].push_back(&scale);
      if (!scale.copy.empty()) copies_.emplace(scale.copy, &scale);
    }
  }

  AppliedWeights apply(FunctionRef<void(const AppliedWeights&)> tell) {
    std::vector<Safetensors> read;
    std::vector<std::shared_ptr<const MappedFile>> inputs = plan_.sources;
    Mark mark;
    for (const WeightFile& file : files_) {
      read.push_back(read_safetensors(MappedFile::open(file.from)));
      inputs.push_back(read.back().file);
      agree(mark, read.back().mark, file.from);
    }
    Output output(inputs, options_.dry);
    std::vector<SafetensorsToWrite> writes;
    for (std::size_t i = 0; i < files_.size(); ++i)
      writes.push_back(
          {&read[i], tensors_of(read[i]), options_.undo ? plan_.was_marked : plan_.mark,
           [&output, &to = files_[i].to](std::uint64_t size) -> OutputFile& { return output.add(to, size); }});
    const bool checked = plan_.checksums && !options_.unchecked;
    try {
      write_safetensors(writes);
    } catch (const Error&) {
      // Of tensors that are not those of the plan, that is what is to be said.
      if (checked) check_sources(plan_, noted_, options_.undo);
      throw;
    }
    if (checked) result_.bytes_of_before = check_checksums(plan_, noted_, options_.undo);
    tell(result_);
    result_.written = output.commit();
    return std::move(result_);
  }

 private:
  std::vector<TensorToStore> tensors_of(const Safetensors& file) {
    std::vector<TensorToStore> tensors, added;
    std::set<std::string_view> names;
    for (const StoredTensor& each : file.tensors) names.insert(each.name);
    for (const StoredTensor& each : file.tensors) {
      if (const auto copy = copies_.find(each.name); options_.undo && copy != copies_.end()) {
        auto sums = std::make_shared<EditSums>();
        add_elements(each.value, sums->before);
        noted_.push_back({copy->second, &each.value, std::move(sums)});
        continue;
      }
      const Edit* in_place = nullptr;
      if (const auto found = by_tensor_.find(each.name); found != by_tensor_.end())
        for (const PlanScale* scale : found->second) {
          if (options_.undo && !scale->copy.empty()) continue;
          if (names.count(scale->copy) != 0) misfit(plan_, scale->copy, "the file has a tensor of this name already");
          const Edit* edit = note(*scale, each.value);
          if (scale->copy.empty())
            in_place = edit;
          else
            added.push_back({scale->copy, &each.value, edit});
        }
      tensors.push_back({each.name, &each.value, in_place});
    }
    tensors.insert(tensors.end(), added.begin(), added.end());
    return tensors;
  }

  const Edit* note(const PlanScale& scale, const Literal& value) {
    edits_.push_back(edit_of(plan_, scale, value, options_.undo));
    edits_.back().sums = std::make_shared<EditSums>();
    noted_.push_back({&scale, &value, edits_.back().sums});
    ++result_.tensors;
    return &edits_.back();
  }

  const PlanFile& plan_;
  const std::span<const WeightFile> files_;
  const ApplyOptions options_;
  std::unordered_map<std::string_view, std::vector<const PlanScale*>> by_tensor_;
  std::unordered_map<std::string_view, const PlanScale*> copies_;
  std::deque<Edit> edits_;
  std::vector<NotedScale> noted_;
  AppliedWeights result_;
};

}  // namespace

AppliedWeights apply_to_weights(const PlanFile& plan, std::span<const WeightFile> files, ApplyOptions options,
                                FunctionRef<void(const AppliedWeights&)> tell) {
  return WeightPlan(plan, files, options).apply(tell);
}

}  // namespace rw::graph

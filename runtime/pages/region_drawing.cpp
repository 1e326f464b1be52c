#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "runtime/explain/leak_path.hpp"
#include "runtime/html/drawing.hpp"
#include "runtime/pages/figures.hpp"
#include "runtime/pages/regions.hpp"

namespace rw::pages {
namespace {

using graph::kNone;
using graph::OperatorId;
using graph::TensorId;

constexpr std::size_t kMostAround = 8, kMostInside = 18, kMostLeaks = 3;

class RegionDrawing {
 public:
  RegionDrawing(const Subject& subject, std::uint32_t visited)
      : subject_(subject),
        network_(subject.network),
        region_(subject.outcome.visited[visited].region),
        shape_(subject.outcome.regions[region_]) {}

  html::Markup draw() {
    add(shape_.parents, kMostAround, "parent");
    add(shape_.inner, kMostInside, "inside");
    add(shape_.children, kMostAround, "child");
    find_ways();
    for (const TensorId tensor : shape_.tensors) connect(tensor);
    add_leaks();
    drawing_.label = fmt::format(
        "Region of {}, {} inside and {}", plural(shape_.parents.size(), "parent"), counted(shape_.inner.size()),
        shape_.children.size() == 1 ? "1 child" : counted(shape_.children.size()) + " children");
    html::Markup page;
    html::add_drawing(page, drawing_);
    const std::size_t all = shape_.parents.size() + shape_.inner.size() + shape_.children.size();
    if (left_out_ > 0)
      page.element("p", {{"class", "note"}},
                   fmt::format("{} of {} operators are not drawn.", counted(left_out_), counted(all)));
    if (shape_.leaks.size() > kMostLeaks)
      page.element("p", {{"class", "note"}},
                   fmt::format("{} of {} leaks are not drawn.", counted(shape_.leaks.size() - kMostLeaks),
                               counted(shape_.leaks.size())));
    return page;
  }

 private:
  void add(std::span<const OperatorId> ops, std::size_t most, const char* kind) {
    for (const OperatorId op : ops) {
      if (index_.contains(op)) continue;
      if (most == 0) {
        ++left_out_;
        continue;
      }
      --most;
      index_[op] = drawing_.nodes.size();
      drawing_.nodes.push_back({std::string(network_.type_of(op)), std::string(network_.op(op).name), kind,
                                std::string_view(kind) == "child"});
    }
  }

  // The tensors on the ways from parents to leaks.
  void find_ways() {
    if (shape_.leaks.empty()) return;
    const runtime::RegionTies ties(subject_.outcome.analysis, subject_.outcome.regions, region_);
    for (std::size_t i = 0; i < std::min(shape_.leaks.size(), kMostLeaks); ++i) {
      const runtime::LeakPath path = ties.path_of(shape_.leaks[i]);
      on_way_.insert(shape_.leaks[i].tensor);
      if (path.parent == kNone) continue;
      on_way_.insert(network_.op(path.parent).outputs[0]);
      for (const runtime::PathStep& step : path.steps) on_way_.insert(step.tensor);
    }
  }

  void edge(std::size_t from, std::size_t to, bool leak) {
    if (from != to && edges_.emplace(from, to).second) drawing_.edges.push_back({from, to, leak});
  }

  // Both its ends lie on a way.
  bool leads_on(TensorId tensor, OperatorId reader) const {
    if (!on_way_.contains(tensor)) return false;
    const graph::Operator& op = network_.op(reader);
    return std::any_of(op.outputs.begin(), op.outputs.end(), [&](TensorId each) { return on_way_.contains(each); });
  }

  void connect(TensorId tensor) {
    const OperatorId from = network_.tensor(tensor).producer;
    const auto source = from == kNone ? index_.end() : index_.find(from);
    if (source == index_.end()) return;
    for (const graph::Use& use : network_.consumers(tensor))
      if (const auto target = index_.find(use.op); target != index_.end())
        edge(source->second, target->second, leads_on(tensor, use.op));
  }

  void add_leaks() {
    for (std::size_t i = 0; i < std::min(shape_.leaks.size(), kMostLeaks); ++i) {
      const runtime::Leak& leak = shape_.leaks[i];
      const graph::Tensor& tensor = network_.tensor(leak.tensor);
      const bool gives = leak.op == kNone ? !tensor.is_output : tensor.producer == leak.op;
      std::size_t at = drawing_.nodes.size();
      if (leak.op == kNone) {
        drawing_.nodes.push_back(
            {gives ? "input of the network" : "output of the network", std::string(tensor.name), "leak"});
      } else if (const auto known = index_.find(leak.op); known != index_.end()) {
        at = known->second;
        drawing_.nodes[at].kind = "leak";
      } else {
        index_[leak.op] = at;
        drawing_.nodes.push_back(
            {std::string(network_.type_of(leak.op)), std::string(network_.op(leak.op).name), "leak"});
      }
      if (gives) {
        for (const graph::Use& use : network_.consumers(leak.tensor))
          if (const auto target = index_.find(use.op); target != index_.end()) edge(at, target->second, true);
      } else if (const auto source = tensor.producer == kNone ? index_.end() : index_.find(tensor.producer);
                 source != index_.end()) {
        edge(source->second, at, true);
      }
    }
  }

  const Subject& subject_;
  const graph::Network& network_;
  runtime::RegionId region_;
  const runtime::Region& shape_;
  html::Drawing drawing_;
  std::map<OperatorId, std::size_t> index_;  // into the drawing's nodes
  std::set<std::pair<std::size_t, std::size_t>> edges_;
  std::set<TensorId> on_way_;
  std::size_t left_out_ = 0;
};

}  // namespace

html::Markup region_drawing(const Subject& subject, std::uint32_t visited) {
  return RegionDrawing(subject, visited).draw();
}

}  // namespace rw::pages

#include "graph/rewritten.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <unordered_set>
#include <utility>

#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

std::vector<TensorId> vector_of(std::span<const TensorId> ids) { return {ids.begin(), ids.end()}; }

TensorId same(TensorId id) { return id; }

}  // namespace

Rewritten::Rewritten(const Network& network, const Rewriting& rewriting) : network_(network), rewriting_(rewriting) {
  for (const ConstantEdit& each : rewriting.constants) edits_[each.tensor] = &each.edit;
  for (std::size_t i = 0; i < rewriting.copies.size(); ++i) {
    const ConstantCopy& copy = rewriting.copies[i];
    const TensorId id = intern(copy.name);
    copies_.push_back(id);
    copy_index_[id] = i;
    new_constants_[id] = {id, copy.name, network.tensor(copy.tensor).constant, &copy.edit};
  }
  for (const AddedConstant& each : rewriting.graph.added)
    if (const TensorId id = intern(each.name); is_new(id)) new_constants_[id] = {id, each.name, &each.value, nullptr};
  add_changes();
  place();
  remove_makers();
  list_operators();
  if (rewriting.graph.rules.size() > 1) remove_unread_makers();
  find_orphans();
}

TensorId Rewritten::intern(std::string_view name) {
  if (name.empty()) return kNone;
  if (const auto id = network_.find(name)) return *id;
  const auto [found, fresh] = new_ids_.emplace(name, static_cast<TensorId>(tensor_count()));
  if (fresh) new_names_.push_back(name);
  return found->second;
}

void Rewritten::add_changes() {
  const GraphEdits& graph = rewriting_.graph;
  for (std::uint32_t i = 0; i < graph.inserted.size(); ++i) {
    const InsertedOperator& each = graph.inserted[i];
    insertions_.emplace(each.before, i);
    Lists& lists = inserted_.emplace_back();
    for (const std::string& name : each.inputs) lists.inputs.push_back(intern(name));
    for (const std::string& name : each.outputs) lists.outputs.push_back(intern(name));
  }
  for (const Replacement& each : graph.replacements) changes_[each.op].type = each.type;
  for (const InputChange& each : graph.inputs) changes_[each.op].inputs[each.slot] = intern(each.name);
  for (const OutputChange& each : graph.outputs) changes_[each.op].outputs[each.slot] = intern(each.name);
  for (const Rebinding& each : rewriting_.rebindings) changes_[each.op].inputs[each.slot] = copies_[each.copy];
  for (const RemovedOperator& each : graph.removed) remove(each.op);
}

// A place that was put in itself stands at a place of the file; so does what stands in front of it: right before it.
void Rewritten::place() {
  const std::vector<PlacedOperator>& all = rewriting_.graph.placed;
  struct Link {
    OperatorId place = kNone;                      // of the file
    std::uint32_t before = kNone, behind = kNone;  // into `all`
  };
  std::vector<Link> links(all.size());
  std::unordered_map<OperatorId, std::uint32_t> last;  // by place
  const std::size_t read = network_.read_count();
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    const bool in_file = all[i].place < read;
    const std::uint32_t behind = in_file ? kNone : static_cast<std::uint32_t>(all[i].place - read);
    const OperatorId place = in_file ? all[i].place : links[behind].place;
    std::uint32_t& end = last.try_emplace(place, kNone).first->second;
    const std::uint32_t before = in_file ? end : links[behind].before;
    links[i] = {place, before, behind};
    if (before != kNone) links[before].behind = i;
    (in_file ? end : links[behind].before) = i;
  }
  for (const auto& [place, end] : last) {
    std::vector<OperatorId> here;
    for (std::uint32_t i = end; i != kNone; i = links[i].before)
      if (!all[i].gone) here.push_back(all[i].op);
    if (!here.empty()) placed_.emplace(place, std::vector<OperatorId>(here.rbegin(), here.rend()));
  }
}

void Rewritten::remove(OperatorId id) {
  if (!std::exchange(changes_[id].removed, true)) removals_.push_back(id);
}

// The operators between a constant and a reader that has a copy now go where nobody else reads what they make.
void Rewritten::remove_makers() {
  std::vector<TensorId> left;  // one entry for each reading that is no more
  for (const Rebinding& each : rewriting_.rebindings) left.push_back(network_.op(each.op).inputs[each.slot]);
  std::map<TensorId, std::size_t> times;
  while (!left.empty()) {
    const TensorId tensor = left.back();
    left.pop_back();
    const Tensor& info = network_.tensor(tensor);
    if (info.producer == kNone || info.is_output || ++times[tensor] < network_.consumers(tensor).size()) continue;
    const Operator& maker = network_.op(info.producer);
    if (maker.nested() || maker.outputs.size() != 1) continue;
    remove(info.producer);
    for (const TensorId input : maker.inputs)
      if (input != kNone) left.push_back(input);
  }
}

// So do the operators that make constants of which rules have taken the readers away. Readers are counted once.
void Rewritten::remove_unread_makers() {
  std::unordered_map<TensorId, std::size_t> readers;
  std::vector<TensorId> unread;
  const auto look = [&](TensorId tensor, std::size_t lost) {
    if (tensor == kNone || !network_.tensor(tensor).constant || network_.tensor(tensor).producer == kNone) return;
    const auto [found, first] = readers.try_emplace(tensor, 0);
    if (first)
      found->second = count_readers(tensor);
    else
      found->second -= lost;
    if (found->second == 0 && (first || lost != 0)) unread.push_back(tensor);
  };
  for (const auto& [id, op] : rewriting_.graph.originals)
    for (const TensorId input : op.inputs) look(input, 0);
  while (!unread.empty()) {
    const OperatorId id = network_.tensor(unread.back()).producer;
    unread.pop_back();
    const Operator& maker = network_.op(id);
    if (removed(id) || maker.nested() || maker.outputs.size() != 1) continue;
    remove(id);
    for (const TensorId input : maker.inputs) look(input, 1);
  }
}

std::size_t Rewritten::count_readers(TensorId id) const {
  const auto uses = network_.consumers(id);
  const auto reads = std::count_if(uses.begin(), uses.end(), [&](const Use& use) { return still_reads(use, id); });
  return static_cast<std::size_t>(reads) + newly_read_.count(id) + (network_.tensor(id).is_output ? 1 : 0);
}

void Rewritten::list_operators() {
  const auto note = [&](const Lists& lists) {
    newly_read_.insert(lists.inputs.begin(), lists.inputs.end());
    newly_given_.insert(lists.outputs.begin(), lists.outputs.end());
  };
  for (const auto& [id, change] : changes_) {
    if (removed(id)) continue;
    const Operator& op = network_.op(id);
    Lists& lists = lists_[id];
    lists.inputs = change.inputs_of(vector_of(op.inputs), kNone, same);
    lists.outputs = change.outputs_of(vector_of(op.outputs), kNone, same);
    note(lists);
  }
  for (const Lists& each : inserted_) note(each);
}

bool Rewritten::is_read(TensorId id) const {
  if (newly_read_.count(id) != 0) return true;
  if (is_new(id)) return false;
  if (network_.tensor(id).is_output) return true;
  const auto uses = network_.consumers(id);
  return std::any_of(uses.begin(), uses.end(), [&](const Use& use) { return still_reads(use, id); });
}

// An operator that does not change reads it.
bool Rewritten::still_reads(const Use& use, TensorId id) const {
  const auto inputs = network_.op(use.op).inputs;
  return changes_.count(use.op) == 0 && use.slot < inputs.size() && inputs[use.slot] == id;
}

void Rewritten::find_orphans() {
  std::unordered_set<TensorId> seen;
  const auto look = [&](TensorId id) {
    if (id != kNone && network_.tensor(id).constant && seen.insert(id).second && !is_read(id)) orphans_.insert(id);
  };
  for (const auto& [id, change] : changes_) {
    const auto original = rewriting_.graph.originals.find(id);
    const Operator& before = original == rewriting_.graph.originals.end() ? network_.op(id) : original->second;
    for (const TensorId input : before.inputs) look(input);
  }
  for (const AddedConstant& each : rewriting_.graph.added)
    if (const TensorId id = *find(each.name); !is_new(id)) look(id);
}

// A constant that a file holds, or whose maker stays.
bool Rewritten::is_held(TensorId id) const {
  const Tensor& tensor = network_.tensor(id);
  return tensor.constant && (tensor.producer == kNone || !removed(tensor.producer));
}

bool Rewritten::gives(TensorId id) const {
  if (is_new(id) || newly_given_.count(id) != 0) return true;
  const Tensor& tensor = network_.tensor(id);
  if (tensor.is_input || is_held(id)) return true;
  return tensor.producer != kNone && !removed(tensor.producer) && !change(tensor.producer);
}

// --- operators

const OperatorChange* Rewritten::change(OperatorId id) const {
  if (changes_.empty()) return nullptr;
  const auto found = changes_.find(id);
  return found == changes_.end() ? nullptr : &found->second;
}

bool Rewritten::removed(OperatorId id) const {
  if (network_.removed(id)) return true;
  const OperatorChange* change = this->change(id);
  return change && change->removed;
}

RewrittenOperator Rewritten::op(OperatorId id) const {
  const Operator& info = network_.op(id);
  RewrittenOperator result{.id = id,
                           .type = network_.type_name(info.type),
                           .name = info.name,
                           .inputs = info.inputs,
                           .outputs = info.outputs,
                           .attributes = info.attributes,
                           .captured = info.captured};
  const OperatorChange* change = this->change(id);
  if (!change) return result;
  const Lists& lists = lists_.at(id);
  result.inputs = lists.inputs;
  result.outputs = lists.outputs;
  if (change->type) {
    result.type = *change->type;
    result.attributes = {};
  }
  return result;
}

RewrittenOperator Rewritten::inserted(std::uint32_t index) const {
  const InsertedOperator& info = rewriting_.graph.inserted[index];
  return {.before = info.before,
          .type = info.type,
          .name = info.name,
          .inputs = inserted_[index].inputs,
          .outputs = inserted_[index].outputs,
          .attributes = {}};
}

void Rewritten::for_each_inserted(OperatorId id, Visit visit) const {
  const auto [first, last] = insertions_.equal_range(id);
  for (auto each = first; each != last; ++each) visit(inserted(each->second));
}

void Rewritten::with_inserted(OperatorId id, Visit visit) const {
  for_each_inserted(id, visit);
  if (!removed(id)) visit(op(id));
}

std::span<const OperatorId> Rewritten::placed(OperatorId id) const {
  const auto found = placed_.find(id);
  return found == placed_.end() ? std::span<const OperatorId>() : found->second;
}

void Rewritten::for_each_in_front(OperatorId id, Visit visit) const {
  if (!inserts()) return;
  for (const OperatorId each : placed(id)) with_inserted(each, visit);
  for_each_inserted(id, visit);
}

void Rewritten::for_each_operator(Visit visit) const {
  for (OperatorId id = 0; id < network_.read_count(); ++id) {
    for_each_in_front(id, visit);
    if (!removed(id)) visit(op(id));
  }
}

NamedNode Rewritten::named(const RewrittenOperator& op) const {
  const auto names = [&](std::span<const TensorId> ids) {
    std::vector<std::string_view> list;
    list.reserve(ids.size());
    for (const TensorId id : ids) list.push_back(id == kNone ? std::string_view() : name(id));
    return list;
  };
  const auto own = op.inputs.size() - std::min<std::size_t>(op.captured, op.inputs.size());
  return {op.type, op.name, names(op.inputs.first(own)), names(op.outputs), op.attributes};
}

bool Rewritten::is_sorted() const {
  std::vector<bool> given(tensor_count(), false);
  std::vector<bool> made(tensor_count(), false);
  for_each_operator([&](const RewrittenOperator& each) {
    for (const TensorId output : each.outputs)
      if (output != kNone) made[output] = true;
  });
  bool sorted = true;
  for_each_operator([&](const RewrittenOperator& each) {
    for (const TensorId input : each.inputs) sorted &= input == kNone || !made[input] || given[input];
    for (const TensorId output : each.outputs)
      if (output != kNone) given[output] = true;
  });
  return sorted;
}

// The order of the network still holds: whatever an operator reads instead is a constant, or given by what stands right
// before it, and everything comes from where it came from.
bool Rewritten::keeps_order() const {
  const auto kept = [&](TensorId id, std::span<const TensorId> before, OperatorId op) {
    if (id == kNone || constant(id) || std::find(before.begin(), before.end(), id) != before.end()) return true;
    const auto [first, last] = insertions_.equal_range(op);
    return std::any_of(first, last, [&](const auto& each) {
      const auto& outputs = inserted_[each.second].outputs;
      return std::find(outputs.begin(), outputs.end(), id) != outputs.end();
    });
  };
  for (const auto& [id, lists] : lists_) {
    const Operator& before = network_.op(id);
    for (const TensorId input : lists.inputs)
      if (!kept(input, before.inputs, id)) return false;
    if (!std::equal(lists.outputs.begin(), lists.outputs.end(), before.outputs.begin(), before.outputs.end()))
      return false;
  }
  for (std::size_t i = 0; i < inserted_.size(); ++i) {
    const OperatorId behind = rewriting_.graph.inserted[i].before;
    for (const TensorId input : inserted_[i].inputs)
      if (!kept(input, network_.op(behind).inputs, behind)) return false;
  }
  return std::none_of(removals_.begin(), removals_.end(), [&](OperatorId id) {
    return !network_.removed(id) && std::any_of(network_.op(id).outputs.begin(), network_.op(id).outputs.end(),
                                                [&](TensorId output) { return output != kNone && is_read(output); });
  });
}

void Rewritten::for_each_in_order(Visit visit) const {
  if (!keeps_order()) return for_each_sorted(visit);
  for (const OperatorId id : network_.order()) with_inserted(id, visit);
}

void Rewritten::for_each_sorted(Visit visit) const {
  std::vector<RewrittenOperator> all;
  for_each_operator([&](const RewrittenOperator& each) { all.push_back(each); });
  constexpr std::uint32_t kNowhere = UINT32_MAX, kThere = UINT32_MAX - 1;  // an input of the network, a constant
  std::vector<std::uint32_t> from(tensor_count(), kNowhere);
  for (TensorId id = 0; id < tensor_count(); ++id)
    if (is_new(id) ? constant(id).has_value() : network_.tensor(id).is_input || is_held(id)) from[id] = kThere;
  for (std::uint32_t i = 0; i < all.size(); ++i)
    for (const TensorId output : all[i].outputs) {
      if (output == kNone) continue;
      const bool own = from[output] == kThere && all[i].id != kNone && !is_new(output) &&
                       network_.tensor(output).producer == all[i].id;  // a constant that it makes
      if (from[output] != kNowhere && !own)
        throw Error("", fmt::format("tensor '{}'", name(output)), "two operators would give it");
      if (!own) from[output] = i;
    }
  const auto lost = [&](TensorId id, const char* what) {
    return Error("", fmt::format("tensor '{}'", name(id)), fmt::format("{}, and what gives it is taken out", what));
  };
  std::vector<std::uint32_t> waits(all.size(), 0);
  std::vector<std::vector<std::uint32_t>> readers(all.size());
  for (std::uint32_t i = 0; i < all.size(); ++i)
    for (const TensorId input : all[i].inputs) {
      if (input == kNone || from[input] == kThere) continue;
      if (from[input] == kNowhere) throw lost(input, "it is read");
      readers[from[input]].push_back(i);
      ++waits[i];
    }
  for (const TensorId output : network_.outputs())
    if (from[output] == kNowhere) throw lost(output, "it is an output");
  std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>> ready;  // in the order of the file
  for (std::uint32_t i = 0; i < all.size(); ++i)
    if (waits[i] == 0) ready.push(i);
  std::size_t done = 0;
  for (; !ready.empty(); ++done) {
    const std::uint32_t next = ready.top();
    ready.pop();
    visit(all[next]);
    for (const std::uint32_t reader : readers[next])
      if (--waits[reader] == 0) ready.push(reader);
  }
  if (done != all.size()) throw Error("", "", "its operators would wait for one another: a cycle");
}

void Rewritten::check() const {
  if (rewriting_.graph.empty()) return;
  for_each_sorted([](const RewrittenOperator&) {});
}

// --- tensors

std::string_view Rewritten::name(TensorId id) const {
  return is_new(id) ? new_names_[id - network_.tensors().size()] : network_.tensor(id).name;
}

std::optional<TensorId> Rewritten::find(std::string_view name) const {
  if (const auto id = network_.find(name)) return id;
  const auto found = new_ids_.find(name);
  return found == new_ids_.end() ? std::nullopt : std::optional(found->second);
}

const Edit* Rewritten::edit(TensorId id) const {
  if (edits_.empty()) return nullptr;
  const auto found = edits_.find(id);
  return found == edits_.end() ? nullptr : found->second;
}

std::optional<RewrittenConstant> Rewritten::constant(TensorId id) const {
  if (is_new(id)) {
    const auto found = new_constants_.find(id);
    return found == new_constants_.end() ? std::nullopt : std::optional(found->second);
  }
  const Tensor& tensor = network_.tensor(id);
  if (!tensor.constant) return std::nullopt;
  return RewrittenConstant{id, tensor.name, tensor.constant, edit(id)};
}

std::optional<std::size_t> Rewritten::copy_of(TensorId id) const {
  const auto found = copy_index_.find(id);
  return found == copy_index_.end() ? std::nullopt : std::optional(found->second);
}

const Edit* Rewritten::undone(OperatorId id, std::uint32_t slot) const {
  for (const InputChange& each : rewriting_.graph.inputs)
    if (each.op == id && each.slot == slot) return each.undone.get();
  return nullptr;
}

std::vector<RewrittenConstant> Rewritten::added() const {
  std::vector<RewrittenConstant> result;
  for (const AddedConstant& each : rewriting_.graph.added) {
    const TensorId id = *find(each.name);
    if (!orphaned(id)) result.push_back({id, each.name, &each.value, is_new(id) ? nullptr : edit(id)});
  }
  return result;
}

std::vector<bool> Rewritten::read() const {
  std::vector<bool> result(tensor_count(), false);
  for_each_operator([&](const RewrittenOperator& each) {
    for (const TensorId input : each.inputs)
      if (input != kNone) result[input] = true;
  });
  for (const TensorId output : network_.outputs()) result[output] = true;
  return result;
}

}  // namespace rw::graph

#include "runtime/executor/runner.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "runtime/executor/profile.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;
using graph::kNone;
using graph::Operator;
using graph::OperatorId;
using graph::TensorId;

Profile* noted = nullptr;

class Clock {
 public:
  using Now = std::chrono::steady_clock;
  Clock(const graph::Network& network, const std::vector<OperatorId>& operators, bool kernel) {
    if (noted == nullptr) return;
    for (const OperatorId id : operators) name_ += (name_.empty() ? "" : "+") + std::string(network.type_of(id));
    if (!kernel) name_ += " (evaluator)";
    begin_ = Now::now();
  }
  ~Clock() {
    if (noted != nullptr && !name_.empty())
      (*noted)[name_] += std::chrono::duration<double>(Now::now() - begin_).count();
  }
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;

 private:
  std::string name_;
  Now::time_point begin_;
};

// What an earlier reader converted; null: none did.
std::shared_ptr<float> converted(const Held& held, const FormatRef& format) {
  for (const auto& [known, floats] : held.also)
    if (same(known, format)) return floats;
  return nullptr;
}

// Appends steps; alpha * x + beta twice is one of its kind.
void append(std::vector<PostOp>& post, std::span<const PostOp> more) {
  for (const PostOp& next : more) {
    if (next.step == Step::linear && !post.empty() && post.back().step == Step::linear) {
      post.back().beta = next.alpha * post.back().beta + next.beta;
      post.back().alpha *= next.alpha;
    } else {
      post.push_back(next);
    }
  }
}

// Takes floats over from an array.
Held owned(Array array) {
  Held held;
  held.shape = array.shape();
  if (!array.is_float()) {
    held.integers = std::make_shared<const Array>(std::move(array));
    return held;
  }
  const auto values = std::make_shared<std::vector<float>>(std::move(array).release());
  held.floats = std::shared_ptr<float>(values, values->data());
  if (values->empty()) held.floats = std::shared_ptr<float>(values, reinterpret_cast<float*>(values.get()));
  held.writable = true;
  return held;
}

Array view_of(const Held& held) {
  if (held.integers) return *held.integers;
  return Array::view(held.shape, {held.floats.get(), evaluator::count(held.shape)});
}

}  // namespace

void set_profile(Profile* profile) { noted = profile; }
Profile* profile() { return noted; }

Held borrowed(const ArrayRef& array) {
  Held held;
  held.shape = array->shape();
  if (array->is_float()) {
    const auto values = array->floats();
    held.floats = std::shared_ptr<float>(array, const_cast<float*>(values.data()));
    if (held.floats == nullptr)
      held.floats = std::shared_ptr<float>(array, reinterpret_cast<float*>(&held));  // no values
  } else {
    held.integers = array;
  }
  return held;
}

Runner::Runner(const graph::Network& network, const Schedule& schedule, const Constants& constants, Kernels& kernels)
    : network_(network), schedule_(schedule), constants_(constants), kernels_(kernels) {
  held_.resize(network.tensors().size());
  row_major_.resize(network.tensors().size());
}

void Runner::begin(bool same_shapes) {
  left_ = schedule_.readers;
  if (!same_shapes) memory_.forget();
  memory_.begin();
}

void Runner::end() {
  for (Held& held : held_) held = {};
  memory_.end();
  if (std::exchange(made_, false)) kernels_.settle();
}

Footprint Runner::footprint() const {
  Footprint footprint{0, memory_.bytes()};
  for (const Built& built : built_)
    for (const Piece& piece : built.pieces) {
      if (piece.kernel) footprint.weights += piece.kernel->weight_bytes;
      for (const Held& own : piece.own)
        if (own.format) footprint.weights += bytes_of(own);  // where it has none it lies in the network
    }
  return footprint;
}

// --- values

Held& Runner::read(TensorId id) {
  if (!schedule_.fixed[id]) {
    if (!held_[id].there()) throw std::logic_error("a tensor is read before it is there");
    return held_[id];
  }
  Held& fixed = fixed_[id];
  if (!fixed.there()) fixed = borrowed(constants_.get(id));
  return fixed;
}

void Runner::release(TensorId id) {
  if (id != kNone && left_[id] > 0 && --left_[id] == 0) held_[id] = {};
}

void Runner::put(TensorId id, Held held, Watch watch) {
  if (schedule_.watched[id]) show(id, held, watch);
  if (schedule_.readers[id] > 0) held_[id] = std::move(held);
}

// A watcher may change what it sees, which nobody else may see then.
void Runner::show(TensorId id, Held& held, Watch watch) {
  if (held.integers) {
    const auto integers = held.integers->ints();
    watch(Value{id, held.shape, {}, integers});
    return;
  }
  make_row_major(id, held);
  const std::size_t count = evaluator::count(held.shape);
  if (!held.own()) {
    auto copy = memory_.get(count * sizeof(float));
    std::copy_n(held.floats.get(), count, copy.get());
    held.floats = std::move(copy);
    held.writable = true;
  }
  watch(Value{id, held.shape, {held.floats.get(), count}, {}});
}

void Runner::make_row_major(TensorId id, Held& held) {
  if (!held.format) return;
  std::unique_ptr<Kernel>& kernel = row_major_[id];
  if (!kernel || !same(kernel->reads[0], held.format)) kernel = conversion(held.shape, held.format, nullptr);
  held.floats = convert(*kernel, held.floats.get());
  held.format = nullptr;
  held.writable = true;
}

Array Runner::array(TensorId id) {
  Held held = read(id);
  make_row_major(id, held);
  if (held.integers) return *held.integers;
  return {held.shape, std::vector<float>(held.floats.get(), held.floats.get() + evaluator::count(held.shape))};
}

// --- building

std::vector<Runner::Seen> Runner::see(const Group& group) {
  std::vector<Seen> seen;
  std::vector<TensorId> inside;
  for (const Member& member : group.members)
    for (const OperatorId id : member.operators) {
      for (const TensorId input : network_.op(id).inputs) {
        if (input == kNone || schedule_.fixed[input] || std::find(inside.begin(), inside.end(), input) != inside.end())
          continue;
        const Held& held = read(input);
        seen.push_back({input, held.shape, held.format, std::nullopt});
        if (held.integers) seen.back().integers = held.integers->ints();
      }
      for (const TensorId output : network_.op(id).outputs) inside.push_back(output);
    }
  return seen;
}

bool Runner::same_as_before(const std::vector<Seen>& before, const std::vector<Seen>& now) {
  return std::equal(before.begin(), before.end(), now.begin(), now.end(), [](const Seen& a, const Seen& b) {
    return a.shape == b.shape && same(a.format, b.format) && a.integers == b.integers;
  });
}

// `chained`: the tensor that the group gives so far, of this shape, which lies nowhere.
Site Runner::site_of(OperatorId id, TensorId chained, const Dims& shape) {
  const Operator& op = network_.op(id);
  Site site;
  site.op = &op;
  site.call = call_of(network_, op);
  for (const TensorId input : op.inputs) {
    ArrayRef known;
    Operand operand;
    if (input != kNone && input == chained) {
      operand.shape = shape;
    } else if (input != kNone && schedule_.fixed[input]) {
      known = constants_.get(input);
      operand.shape = known->shape();
    } else if (input != kNone) {
      const Held& held = read(input);
      operand = {held.shape, held.format};
      known = held.integers;
    }
    site.call.inputs.push_back(known.get());
    site.held.push_back(std::move(known));
    site.operands.push_back(std::move(operand));
  }
  return site;
}

// The longest chain behind the member `first` that a kernel takes.
std::optional<std::pair<Planned, std::unique_ptr<Kernel>>> Runner::fused(const Group& group, std::size_t first,
                                                                         Planned planned, std::size_t& count) {
  std::vector<Planned> chain = {std::move(planned)};
  TensorId so_far = network_.op(group.members[first].last()).outputs[0];
  for (std::size_t at = first + 1; at < group.members.size() && chain[0].shape == chain[0].layer.output; ++at) {
    const Member& member = group.members[at];
    Planned longer = chain.back();
    if (member.activation) {
      longer.layer.post.push_back(*member.activation);
    } else {
      auto behind = steps_behind(site_of(member.last(), so_far, longer.shape), member.slot, longer.shape);
      if (!behind) break;
      append(longer.layer.post, behind->post);
      longer.sources.insert(longer.sources.end(), behind->others.begin(), behind->others.end());
      longer.held.insert(longer.held.end(), behind->held.begin(), behind->held.end());
    }
    chain.push_back(std::move(longer));
    so_far = network_.op(member.last()).outputs[0];
  }
  if (chain[0].alias) {
    count = 1;
    return std::pair(std::move(chain[0]), nullptr);
  }
  for (count = chain.size(); count > 0; --count)
    if (auto kernel = make(chain[count - 1].layer)) return std::pair(std::move(chain[count - 1]), std::move(kernel));
  return std::nullopt;
}

// What no memory holds is left to the evaluator, which says so.
std::unique_ptr<Kernel> Runner::make(const Layer& layer) {
  constexpr std::int64_t kMost = std::int64_t{1} << 36;  // elements
  const auto elements = graph::product(layer.output);
  made_ = true;
  return elements && *elements <= kMost ? kernels_.make(layer) : nullptr;
}

std::unique_ptr<Kernel> Runner::conversion(const Dims& shape, const FormatRef& from, const FormatRef& to) {
  Layer layer;
  layer.kind = Kind::copy;
  layer.inputs = {{shape, from}};
  layer.output = shape;
  layer.wanted = to;
  made_ = true;
  auto kernel = kernels_.make(layer);
  if (!kernel) throw std::logic_error("a tensor cannot be brought into another format");
  return kernel;
}

// One operator and those behind it as kernels and views; nothing: there is no kernel for one of its outputs.
std::vector<Runner::Piece> Runner::by_kernels(const Group& group, std::size_t& member, const Site& site) {
  const std::size_t first = member;
  const Operator& op = *site.op;
  std::optional<std::vector<Planned>> planned;
  try {
    planned = translate(site);
  } catch (const std::logic_error&) {  // it does not fit: the evaluator says why
  }
  if (!planned || planned->size() != op.outputs.size()) return {};
  std::vector<Piece> pieces;
  std::size_t count = 1;
  for (std::size_t slot = 0; slot < planned->size(); ++slot) {
    if (op.outputs[slot] == kNone) continue;
    Planned& each = (*planned)[slot];
    std::optional<std::pair<Planned, std::unique_ptr<Kernel>>> made;
    if (op.outputs.size() == 1) {
      made = fused(group, first, std::move(each), count);
    } else {
      auto kernel = each.alias ? nullptr : make(each.layer);
      if (kernel || each.alias) made.emplace(std::move(each), std::move(kernel));
    }
    if (!made) return {};
    const Member& last = group.members[first + count - 1];
    const TensorId output = op.outputs.size() == 1 ? network_.op(last.last()).outputs[0] : op.outputs[slot];
    pieces.push_back(finished(made->first, std::move(made->second), output));
  }
  if (pieces.empty()) return {};
  for (std::size_t i = first; i < first + count; ++i)  // whose inputs are released behind the last piece
    pieces.back().operators.insert(pieces.back().operators.end(), group.members[i].operators.begin(),
                                   group.members[i].operators.end());
  member = first + count;
  return pieces;
}

// The pieces that begin with this member, of which one gives each output; `member` is the next one afterwards.
std::vector<Runner::Piece> Runner::build(const Group& group, std::size_t& member) {
  const Member& head = group.members[member];
  if (head.operators.size() == 1) {
    Site site = site_of(head.last(), kNone, {});
    while (true) {
      if (auto pieces = by_kernels(group, member, site); !pieces.empty()) return pieces;
      // What no kernel takes as it lies may be taken in row-major order.
      if (site.operands.empty() || !site.operands[0].format) break;
      site.operands[0].format = nullptr;
    }
  }
  ++member;
  std::vector<Piece> pieces;
  for (const OperatorId id : head.operators) {
    Piece piece;
    piece.operators = {id};
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

Runner::Piece Runner::finished(const Planned& planned, std::unique_ptr<Kernel> kernel, TensorId output) {
  Piece piece;
  piece.kernel = std::move(kernel);
  piece.sources = planned.sources;
  piece.shape = planned.shape;
  piece.offset = planned.offset;
  piece.output = output;
  piece.alias = planned.alias;
  convert_sources(planned, piece);
  if (piece.kernel && piece.kernel->gives && planned.shape != planned.layer.output) {
    piece.row_major = conversion(planned.layer.output, piece.kernel->gives, nullptr);
  }
  return piece;
}

// A kernel that reads with strides takes row-major elements.
FormatRef Runner::wanted_format(const Planned& planned, const Piece& piece, std::size_t source) const {
  if (planned.alias) return planned.layer.inputs[0].format;
  return planned.layer.kind == Kind::copy && !planned.layer.steps.empty() ? nullptr : piece.kernel->reads[source];
}

void Runner::convert_sources(const Planned& planned, Piece& piece) {
  std::vector<Dims> shapes;  // as the layer sees them
  for (const Operand& input : planned.layer.inputs) shapes.push_back(input.shape);
  for (const PostOp& post : planned.layer.post)
    if (reads_tensor(post.step)) shapes.push_back(post.other.shape);
  piece.conversions.resize(piece.sources.size());
  piece.own.resize(piece.sources.size());
  for (std::size_t i = 0; i < piece.sources.size(); ++i) {
    const Source& source = piece.sources[i];
    const bool own = source.own != nullptr || schedule_.fixed[source.tensor];
    const Held& held = own && source.own ? (piece.own[i] = borrowed(source.own)) : read(source.tensor);
    const FormatRef wanted = wanted_format(planned, piece, i);
    const bool other_view = held.shape != shapes[i];
    if (other_view && wanted && !held.format) {
      piece.conversions[i] = conversion(shapes[i], nullptr, wanted);
    } else if (!same(held.format, wanted)) {
      if (other_view && wanted) throw std::logic_error("a view in blocks");
      piece.conversions[i] = conversion(held.shape, held.format, wanted);
    }
    if (own && piece.conversions[i]) {  // once
      Held converted;
      converted.shape = shapes[i];
      converted.format = wanted;
      const std::size_t bytes = piece.conversions[i]->output_bytes;
      converted.floats =
          std::shared_ptr<float>(static_cast<float*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)), std::free);
      const float* from = held.floats.get();
      std::vector<float> scratch(piece.conversions[i]->scratch_bytes / sizeof(float) + 1);
      piece.conversions[i]->run({&from, 1}, converted.floats.get(), scratch.data());
      piece.own[i] = std::move(converted);
      piece.conversions[i] = nullptr;
    }
  }
}

// --- running

void Runner::run(std::size_t group, const Group& what, Watch watch) {
  if (built_.size() <= group) built_.resize(group + 1);
  Built& built = built_[group];
  auto seen = see(what);
  if (built.ready && same_as_before(built.seen, seen)) {
    for (Piece& piece : built.pieces) execute(piece, watch);
    return;
  }
  built = {};
  for (std::size_t member = 0; member < what.members.size();) {
    for (Piece& piece : build(what, member)) {
      execute(piece, watch);
      built.pieces.push_back(std::move(piece));
    }
  }
  built.seen = std::move(seen);
  built.ready = true;
}

void Runner::run_kernel(Kernel& kernel, std::span<const float* const> inputs, float* output) {
  const auto scratch = kernel.scratch_bytes > 0 ? memory_.get(kernel.scratch_bytes) : nullptr;
  kernel.run(inputs, output, scratch.get());
}

std::shared_ptr<float> Runner::convert(Kernel& kernel, const float* from) {
  auto to = memory_.get(kernel.output_bytes);
  run_kernel(kernel, {&from, 1}, to.get());
  return to;
}

const float* Runner::source(Piece& piece, std::size_t i, std::vector<std::shared_ptr<float>>& alive) {
  if (piece.own[i].there()) return piece.own[i].floats.get();
  Held& held = read(piece.sources[i].tensor);
  if (!piece.conversions[i]) return held.floats.get();
  const FormatRef& wanted = piece.conversions[i]->gives;
  if (const auto before = converted(held, wanted)) return before.get();
  const auto to = convert(*piece.conversions[i], held.floats.get());
  alive.push_back(to);
  if (left_[piece.sources[i].tensor] > 1) held.also.emplace_back(wanted, to);
  return to.get();
}

// Whether a source is read for the last time, from memory that may be written to.
bool Runner::last_reading(const Piece& piece, std::size_t source) {
  const TensorId id = piece.sources[source].tensor;
  if (id == kNone || piece.own[source].there() || piece.conversions[source]) return false;
  return held_[id].own() && left_[id] == 1 && held_[id].shape == piece.shape;
}

// Where the kernel writes: in place of what it reads, if that may be.
std::shared_ptr<float> Runner::output_of(const Piece& piece, std::span<const float* const> sources) {
  if (piece.kernel->in_place && last_reading(piece, 0)) return held_[piece.sources[0].tensor].floats;
  const auto& accumulates = piece.kernel->accumulates;
  if (accumulates && last_reading(piece, *accumulates)) return held_[piece.sources[*accumulates].tensor].floats;
  auto output = memory_.get(piece.kernel->output_bytes);
  if (accumulates) std::memcpy(output.get(), sources[*accumulates], piece.kernel->output_bytes);
  return output;
}

void Runner::execute(Piece& piece, Watch watch) {
  const Clock clock(network_, piece.operators, piece.kernel || piece.alias);
  if (piece.alias) {
    execute_alias(piece, watch);
    return;
  }
  if (!piece.kernel) {
    evaluate(piece, watch);
    return;
  }
  std::vector<std::shared_ptr<float>> alive;
  std::vector<const float*> sources;
  for (std::size_t i = 0; i < piece.sources.size(); ++i) sources.push_back(source(piece, i, alive));
  sources[0] += piece.offset;
  Held result;
  result.shape = piece.shape;
  result.format = piece.kernel->gives;
  result.floats = output_of(piece, sources);
  result.writable = true;
  run_kernel(*piece.kernel, sources, result.floats.get());
  alive.clear();
  if (piece.row_major) {
    result.floats = convert(*piece.row_major, result.floats.get());
    result.format = nullptr;
  }
  for (const OperatorId id : piece.operators)
    for (const TensorId input : network_.op(id).inputs) release(input);
  put(piece.output, std::move(result), watch);
}

void Runner::execute_alias(Piece& piece, Watch watch) {
  Held& held = read(piece.sources[0].tensor);
  Held result;
  result.shape = piece.shape;
  result.format = held.format;
  result.floats = held.floats;
  result.writable = held.writable;
  if (piece.conversions[0]) {
    std::vector<std::shared_ptr<float>> alive;
    source(piece, 0, alive);
    result.floats = alive.empty() ? converted(held, piece.conversions[0]->gives) : std::move(alive[0]);
    result.format = piece.conversions[0]->gives;
    result.writable = true;
  }
  result.floats = std::shared_ptr<float>(result.floats, result.floats.get() + piece.offset);
  for (const OperatorId id : piece.operators)
    for (const TensorId input : network_.op(id).inputs) release(input);
  put(piece.output, std::move(result), watch);
}

void Runner::evaluate(const Piece& piece, Watch watch) {
  const Operator& op = network_.op(piece.operators[0]);
  std::vector<Held> inputs;
  std::vector<Array> arrays;
  for (const TensorId input : op.inputs) {
    inputs.push_back(input == kNone ? Held{} : read(input));
    if (input != kNone) make_row_major(input, inputs.back());
    arrays.push_back(input == kNone ? Array() : view_of(inputs.back()));
  }
  std::vector<const Array*> given;
  for (std::size_t slot = 0; slot < op.inputs.size(); ++slot)
    given.push_back(op.inputs[slot] == kNone ? nullptr : &arrays[slot]);
  auto results = run_by_evaluator(network_, op, std::move(given));
  for (const TensorId input : op.inputs)
    if (input != kNone) release(input);
  for (std::size_t slot = 0; slot < op.outputs.size(); ++slot) {
    if (op.outputs[slot] == kNone) continue;
    Held held;
    if (results[slot].is_view()) {  // of an input, whose memory it shares
      const float* values = results[slot].floats().data();
      const auto of =
          std::find_if(inputs.begin(), inputs.end(), [&](const Held& each) { return each.floats.get() == values; });
      if (of == inputs.end()) throw std::logic_error("a view of no input");
      held = *of;
      held.also.clear();
      held.shape = results[slot].shape();
    } else {
      held = owned(std::move(results[slot]));
    }
    if (slot + 1 == op.outputs.size()) inputs.clear();
    if (!schedule_.given[op.outputs[slot]]) put(op.outputs[slot], std::move(held), watch);
  }
}

}  // namespace rw::executor

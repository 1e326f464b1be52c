// The one unit that sees Boost.Graph. The network is a compressed sparse row graph whose vertices are the operators
// [0, n) and then the tensors [n, n + m); edges run from an operator to its outputs and from a tensor to its consumers.
// The property of an edge is the Use it stands for; a vertex' edges lie side by side, so that consumers() is a view.
#include "graph/network.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/topological_sort.hpp>
#include <cassert>
#include <map>
#include <set>

#include "graph/base/error.hpp"
#include "graph/base/name_table.hpp"
#include "graph/builder.hpp"

namespace rw::graph {
namespace {

using Csr = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Use, boost::no_property,
                                               std::uint32_t, std::uint32_t>;

}  // namespace

struct Network::State : Network::Lists {
  std::string name;
  std::map<std::string, std::int64_t, std::less<>> opsets;
  std::vector<TensorId> inputs, outputs;
  std::vector<std::string_view> types;
  std::set<std::string, std::less<>> functions;        // types that the model gives a body
  std::vector<std::string_view> prefixes = {""};       // by subgraph
  NameTable type_names, tensor_names, operator_names;  // of the lists above
  std::vector<std::pair<std::string_view, TensorId>> aliases;
  NameTable alias_names;
  Csr graph;
  std::vector<OperatorId> order;
  std::size_t read = 0;  // operators
  Arena arena;

  std::uint32_t vertex(TensorId tensor) const { return static_cast<std::uint32_t>(operators.size()) + tensor; }

  auto type_name() const {
    return [this](TypeId id) { return types[id]; };
  }
  auto tensor_name() const {
    return [this](TensorId id) { return tensors[id].name; };
  }
  auto operator_name() const {
    return [this](OperatorId id) { return operators[id].name; };
  }
  auto alias_name() const {
    return [this](std::uint32_t i) { return aliases[i].first; };
  }

  TypeId intern_type(std::string_view type);
  TensorId intern_tensor(std::string_view text);
  std::optional<TensorId> find_tensor(std::string_view text) const;
  void produce(TensorId id, OperatorId by, std::uint32_t slot);
  void abandon(TensorId id);
  bool live(OperatorId id) const { return !operators[id].inputs.empty() || !operators[id].outputs.empty(); }
  void link();
  void sort();
  void check_inputs() const;
  std::string cycle() const;
};

Network::Network() : state_(std::make_unique<State>()), lists_(state_.get()) {}
Network::Network(Network&&) noexcept = default;
Network& Network::operator=(Network&&) noexcept = default;
Network::~Network() = default;

std::string_view Network::name() const { return state_->name; }
std::string_view Network::prefix(std::uint32_t subgraph) const { return state_->prefixes[subgraph]; }

std::optional<std::int64_t> Network::opset(std::string_view domain) const {
  const auto found = state_->opsets.find(domain);
  if (found == state_->opsets.end()) return std::nullopt;
  return found->second;
}

std::vector<std::pair<std::string_view, std::int64_t>> Network::opsets() const {
  return {state_->opsets.begin(), state_->opsets.end()};
}

std::span<const TensorId> Network::inputs() const { return state_->inputs; }
std::span<const TensorId> Network::outputs() const { return state_->outputs; }
std::string_view Network::type_name(TypeId type) const { return state_->types[type]; }
std::size_t Network::type_count() const { return state_->types.size(); }
bool Network::is_function(TypeId type) const {
  return state_->functions.contains(type_name(type)) || type_name(type).starts_with(kFunctionPrefix);
}
std::optional<TypeId> Network::find_type(std::string_view name) const {
  return state_->type_names.find(name, state_->type_name());
}
std::span<const OperatorId> Network::order() const { return state_->order; }
std::optional<TensorId> Network::find(std::string_view name) const { return state_->find_tensor(name); }
Arena& Network::arena() { return state_->arena; }

std::span<const Use> Network::consumers(TensorId id) const {
  const auto [first, last] = boost::out_edges(state_->vertex(id), state_->graph);
  if (first == last) return {};
  return {&state_->graph[*first], static_cast<std::size_t>(last - first)};
}

void Network::set_shape(TensorId id, Shape shape, DType dtype) {
  state_->tensors[id].shape = shape;
  state_->tensors[id].dtype = dtype;
}

void Network::set_folded(TensorId id, std::span<const std::int64_t> values) {
  state_->tensors[id].folded = arena().keep(arena().store(values));
}

void Network::set_constant(TensorId id, Literal value) {
  assert(state_->tensors[id].producer != kNone);
  set_shape(id, value.shape, value.dtype);
  state_->tensors[id].constant = arena().keep(value);
}

// --- editing

// What follows from the operator that gave a tensor goes with it.
void Network::State::abandon(TensorId id) {
  Tensor& tensor = tensors[id];
  tensor.producer = kNone;
  tensor.constant = nullptr;
  tensor.folded = nullptr;
}

void Network::State::produce(TensorId id, OperatorId by, std::uint32_t slot) {
  assert(tensors[id].producer == kNone);
  tensors[id].producer = by;
  tensors[id].output_slot = slot;
}

void Network::remove(OperatorId id) {
  Operator& op = state_->operators[id];
  for (const TensorId output : op.outputs)
    if (output != kNone && state_->tensors[output].producer == id) state_->abandon(output);
  op.inputs = op.outputs = {};
}

void Network::retype(OperatorId id, std::string_view type) {
  state_->operators[id].type = state_->intern_type(type);
  state_->operators[id].attributes = {};
}

void Network::set_inputs(OperatorId id, std::span<const TensorId> inputs) {
  state_->operators[id].inputs = state_->arena.store(inputs);
}

void Network::set_output(OperatorId id, std::uint32_t slot, TensorId tensor) {
  Operator& op = state_->operators[id];
  const std::span<TensorId> outputs = state_->arena.make<TensorId>(op.outputs.size());
  std::copy(op.outputs.begin(), op.outputs.end(), outputs.begin());
  if (outputs[slot] != kNone) state_->abandon(outputs[slot]);
  outputs[slot] = tensor;
  op.outputs = outputs;
  if (tensor != kNone) state_->produce(tensor, id, slot);
}

void Network::add_type(std::string_view name) { state_->intern_type(name); }

TensorId Network::add_tensor(std::string_view name) {
  const auto fresh = static_cast<TensorId>(state_->tensors.size());
  const TensorId id = state_->intern_tensor(name);
  assert(id == fresh);  // the name is new
  static_cast<void>(fresh);
  return id;
}

TensorId Network::add_constant(std::string_view name, Literal value) {
  const TensorId id = add_tensor(name);
  set_shape(id, value.shape, value.dtype);
  state_->tensors[id].constant = arena().keep(value);
  return id;
}

namespace {

// A value that lives in the arena, whatever it views.
struct Stored {
  Arena& arena;

  AttributeValue operator()(std::int64_t value) const { return value; }
  AttributeValue operator()(double value) const { return value; }
  AttributeValue operator()(std::string_view value) const { return arena.store(value); }
  AttributeValue operator()(std::span<const std::int64_t> values) const { return arena.store(values); }
  AttributeValue operator()(std::span<const double> values) const { return arena.store(values); }
  AttributeValue operator()(std::span<const std::string_view> values) const { return texts(values); }
  AttributeValue operator()(const Literal& value) const {
    Literal kept = {value.dtype, shape(value.shape), arena.store(value.bytes)};
    if (value.layout)
      kept.layout =
          arena.keep(Layout{value.layout->dtype, shape(value.layout->shape), arena.store(value.layout->strides)});
    return kept;
  }
  AttributeValue operator()(const Opaque& value) const {
    return Opaque{arena.store(value.text), texts(value.defines), value.type};
  }

  Shape shape(const Shape& each) const { return Shape(arena.store(each.dims())); }
  std::span<const std::string_view> texts(std::span<const std::string_view> values) const {
    const std::span<std::string_view> kept = arena.make<std::string_view>(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) kept[i] = arena.store(values[i]);
    return kept;
  }
};

std::span<const Attribute> stored(std::span<const Attribute> attributes, Arena& arena) {
  const std::span<Attribute> kept = arena.make<Attribute>(attributes.size());
  for (std::size_t i = 0; i < attributes.size(); ++i)
    kept[i] = {arena.store(attributes[i].name), std::visit(Stored{arena}, attributes[i].value)};
  return kept;
}

}  // namespace

OperatorId Network::add_operator(std::string_view type, std::string_view name, std::span<const TensorId> inputs,
                                 std::span<const TensorId> outputs, std::span<const Attribute> attributes,
                                 std::uint32_t subgraph) {
  const auto id = static_cast<OperatorId>(state_->operators.size());
  const auto before = find_operator(name);
  assert(!before || removed(*before));
  state_->operators.push_back({.type = state_->intern_type(type),
                               .name = state_->arena.store(name),
                               .inputs = state_->arena.store(inputs),
                               .outputs = state_->arena.store(outputs),
                               .attributes = stored(attributes, state_->arena),
                               .subgraph = subgraph});
  if (before)
    state_->operator_names.renumber(name, id, state_->operator_name());
  else
    state_->operator_names.intern(name, id, state_->operator_name());
  for (std::uint32_t slot = 0; slot < outputs.size(); ++slot)
    if (outputs[slot] != kNone) state_->produce(outputs[slot], id, slot);
  return id;
}

std::optional<OperatorId> Network::find_operator(std::string_view name) const {
  return state_->operator_names.find(name, state_->operator_name());
}

std::size_t Network::read_count() const { return state_->read; }

void Network::relink() {
  state_->link();
  state_->sort();
}

std::size_t Network::live_count() const {
  return static_cast<std::size_t>(
      std::count_if(state_->operators.begin(), state_->operators.end(),
                    [](const Operator& op) { return !op.inputs.empty() || !op.outputs.empty(); }));
}

TypeId Network::State::intern_type(std::string_view type) {
  const auto fresh = static_cast<TypeId>(types.size());
  const TypeId id = type_names.intern(type, fresh, type_name());
  if (id == fresh) types.push_back(arena.store(type));
  return id;
}

TensorId Network::State::intern_tensor(std::string_view text) {
  const auto fresh = static_cast<TensorId>(tensors.size());
  const TensorId id = tensor_names.intern(text, fresh, tensor_name());
  if (id == fresh) tensors.push_back({.name = arena.store(text)});
  return id;
}

std::optional<TensorId> Network::State::find_tensor(std::string_view text) const {
  if (const auto alias = alias_names.find(text, alias_name())) return aliases[*alias].second;
  return tensor_names.find(text, tensor_name());
}

// --- building

NetworkBuilder::NetworkBuilder() = default;
NetworkBuilder::~NetworkBuilder() = default;
NetworkBuilder::NetworkBuilder(NetworkBuilder&&) noexcept = default;

Arena& NetworkBuilder::arena() { return network_.arena(); }
void NetworkBuilder::name(std::string_view name) { network_.state_->name = name; }

void NetworkBuilder::function(std::string_view type) { network_.state_->functions.emplace(type); }

void NetworkBuilder::opset(std::string_view domain, std::int64_t version) {
  // "ai.onnx" is the other spelling of the default domain.
  network_.state_->opsets[std::string(domain == "ai.onnx" ? "" : domain)] = version;
}

TensorId NetworkBuilder::tensor(std::string_view name) {
  Network::State& state = *network_.state_;
  if (const auto alias = state.alias_names.find(name, state.alias_name())) return state.aliases[*alias].second;
  return state.intern_tensor(name);
}

void NetworkBuilder::prefetch_tensor(std::string_view name) const { network_.state_->tensor_names.prefetch(name); }
void NetworkBuilder::prefetch_operator(std::string_view name) const { network_.state_->operator_names.prefetch(name); }

void NetworkBuilder::alias(std::string_view name, TensorId id) {
  Network::State& state = *network_.state_;
  const auto known = state.find_tensor(name);
  if (known && *known != id) throw Error("", fmt::format("tensor '{}'", name), "two tensors have this name");
  if (known) return;
  state.alias_names.intern(name, static_cast<std::uint32_t>(state.aliases.size()), state.alias_name());
  state.aliases.emplace_back(state.arena.store(name), id);
}

void NetworkBuilder::describe(TensorId id, DType dtype, Shape shape) { network_.set_shape(id, shape, dtype); }

void NetworkBuilder::constant(TensorId id, const Literal* value) {
  Tensor& tensor = network_.state_->tensors[id];
  if (tensor.constant || tensor.producer != kNone)
    throw Error("", fmt::format("tensor '{}'", tensor.name), "has a value already");
  tensor.dtype = value->dtype;
  tensor.shape = value->shape;
  tensor.constant = value;
}

void NetworkBuilder::constant_output(TensorId id, Literal value) {
  assert(!network_.tensor(id).constant);
  network_.set_constant(id, value);
}

void NetworkBuilder::hold(TensorId id) { network_.state_->tensors[id].is_input = true; }

const Tensor& NetworkBuilder::at(TensorId id) const { return network_.tensor(id); }

std::optional<TensorId> NetworkBuilder::find(std::string_view name) const { return network_.find(name); }

void NetworkBuilder::input(TensorId id) {
  network_.state_->tensors[id].is_input = true;
  network_.state_->inputs.push_back(id);
}

void NetworkBuilder::output(TensorId id) {
  network_.state_->tensors[id].is_output = true;
  network_.state_->outputs.push_back(id);
}

OperatorId NetworkBuilder::add(std::string_view type, std::string_view name, std::span<const TensorId> inputs,
                               std::span<const TensorId> outputs, std::span<const Attribute> attributes,
                               std::uint32_t captured) {
  Network::State& state = *network_.state_;
  const auto id = static_cast<OperatorId>(state.operators.size());
  Operator op;
  op.type = state.intern_type(type);
  const auto take = [&](std::string_view wanted) {
    if (state.operator_names.intern(wanted, id, state.operator_name()) != id) return false;
    op.name = state.arena.store(wanted);
    return true;
  };
  // The later of two nodes of one name, and one without a name, are called after their place.
  if (name.empty() || !take(name)) {
    const std::string base = fmt::format("{}_{}", type, id);
    for (std::uint32_t i = 1; !take(i == 1 ? base : fmt::format("{}_{}", base, i)); ++i) {
    }
  }
  op.inputs = state.arena.store(inputs);
  op.outputs = state.arena.store(outputs);
  op.attributes = attributes;
  op.captured = captured;
  for (std::uint32_t slot = 0; slot < outputs.size(); ++slot) {
    if (outputs[slot] == kNone) continue;
    Tensor& tensor = state.tensors[outputs[slot]];
    const auto place = [&] { return fmt::format("node '{}'", op.name); };
    if (tensor.producer != kNone)
      throw Error("", place(),
                  fmt::format("its output '{}' is also an output of node '{}': a tensor has one producer", tensor.name,
                              tensor.producer == id ? op.name : state.operators[tensor.producer].name));
    if (tensor.is_input || tensor.constant)
      throw Error("", place(),
                  fmt::format("its output '{}' is {} already: a tensor has one producer", tensor.name,
                              tensor.is_input ? "an input of the network" : "a constant"));
    tensor.producer = id;
    tensor.output_slot = slot;
  }
  state.operators.push_back(op);
  return id;
}

std::uint32_t NetworkBuilder::add_subgraph(std::string_view prefix) {
  network_.state_->prefixes.push_back(network_.state_->arena.store(prefix));
  return static_cast<std::uint32_t>(network_.state_->prefixes.size() - 1);
}

void NetworkBuilder::nest(OperatorId id, std::uint32_t subgraph) { network_.state_->operators[id].subgraph = subgraph; }

Network NetworkBuilder::finish() {
  Network done = std::move(network_);
  network_ = Network();
  done.state_->read = done.state_->operators.size();
  done.state_->check_inputs();
  done.state_->link();
  done.state_->sort();
  return done;
}

void Network::State::check_inputs() const {
  const auto given = [&](TensorId id) {
    const Tensor& tensor = tensors[id];
    return tensor.producer != kNone || tensor.is_input || tensor.constant;
  };
  for (const Operator& op : operators)
    for (const TensorId input : op.inputs)
      if (input != kNone && !given(input))
        throw Error("", fmt::format("node '{}'", op.name),
                    fmt::format("nothing produces its input '{}': no node, no input of the network, no constant",
                                tensors[input].name));
  for (const TensorId output : outputs)
    if (!given(output))
      throw Error("", fmt::format("output '{}'", tensors[output].name), "nothing produces this output of the network");
  for (const TensorId input : inputs)
    if (tensors[input].producer != kNone)
      throw Error(
          "", fmt::format("node '{}'", operators[tensors[input].producer].name),
          fmt::format("its output '{}' is an input of the network: a tensor has one producer", tensors[input].name));
}

void Network::State::link() {
  std::size_t count = 0;
  for (const Operator& op : operators) count += op.inputs.size() + op.outputs.size();
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges;
  std::vector<Use> uses;
  edges.reserve(count);
  uses.reserve(count);
  for (OperatorId id = 0; id < operators.size(); ++id) {
    const auto connect = [&](std::uint32_t from, std::uint32_t to, std::uint32_t slot) {
      edges.emplace_back(from, to);
      uses.push_back({id, slot});
    };
    for (std::uint32_t slot = 0; slot < operators[id].inputs.size(); ++slot)
      if (const TensorId input = operators[id].inputs[slot]; input != kNone) connect(vertex(input), id, slot);
    for (std::uint32_t slot = 0; slot < operators[id].outputs.size(); ++slot)
      if (const TensorId output = operators[id].outputs[slot]; output != kNone) connect(id, vertex(output), slot);
  }
  graph = Csr(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(), uses.begin(),
              static_cast<std::uint32_t>(operators.size() + tensors.size()));
}

void Network::State::sort() {
  // Files are sorted as a rule: then their order is kept, which also makes messages come in the order of the file.
  const bool sorted = [&] {
    for (OperatorId id = 0; id < operators.size(); ++id)
      for (const TensorId input : operators[id].inputs)
        if (input != kNone && tensors[input].producer != kNone && tensors[input].producer >= id) return false;
    return true;
  }();
  order.clear();
  order.reserve(operators.size());
  if (sorted) {
    for (OperatorId id = 0; id < operators.size(); ++id)
      if (live(id)) order.push_back(id);
    return;
  }
  std::vector<std::uint32_t> reverse;
  reverse.reserve(operators.size() + tensors.size());
  try {
    boost::topological_sort(graph, std::back_inserter(reverse));
  } catch (const boost::not_a_dag&) {
    throw Error("", "nodes", fmt::format("they form a cycle: {}", cycle()));
  }
  for (auto each = reverse.rbegin(); each != reverse.rend(); ++each)
    if (*each < operators.size() && live(*each)) order.push_back(*each);
}

// Some cycle, told as "a -> b -> a". Walking from producer to producer within the operators that never become ready
// must come back to an operator seen before, because each of them waits for another one.
std::string Network::State::cycle() const {
  std::vector<std::uint32_t> missing(operators.size(), 0);
  std::vector<OperatorId> ready;
  for (OperatorId id = 0; id < operators.size(); ++id) {
    for (const TensorId input : operators[id].inputs)
      if (input != kNone && tensors[input].producer != kNone) ++missing[id];
    if (missing[id] == 0) ready.push_back(id);
  }
  while (!ready.empty()) {
    const OperatorId id = ready.back();
    ready.pop_back();
    for (const TensorId output : operators[id].outputs) {
      if (output == kNone) continue;
      const auto [first, last] = boost::out_edges(vertex(output), graph);
      for (auto edge = first; edge != last; ++edge)
        if (--missing[graph[*edge].op] == 0) ready.push_back(graph[*edge].op);
    }
  }
  auto at = static_cast<OperatorId>(std::find_if(missing.begin(), missing.end(), [](auto count) { return count > 0; }) -
                                    missing.begin());
  assert(at < operators.size());  // there is a cycle
  std::vector<OperatorId> path;
  std::vector<bool> seen(operators.size(), false);
  while (!seen[at]) {
    seen[at] = true;
    path.push_back(at);
    for (const TensorId input : operators[at].inputs) {
      if (input == kNone || tensors[input].producer == kNone || missing[tensors[input].producer] == 0) continue;
      at = tensors[input].producer;
      break;
    }
  }
  path.erase(path.begin(), std::find(path.begin(), path.end(), at));
  path.push_back(at);
  std::reverse(path.begin(), path.end());
  std::string text;
  constexpr std::size_t kShown = 8;
  for (std::size_t i = 0; i < path.size() && i < kShown; ++i)
    text += fmt::format("{}'{}'", i ? " -> " : "", operators[path[i]].name);
  if (path.size() > kShown) text += fmt::format(" -> ... ({} nodes)", path.size() - 1);
  return text;
}

}  // namespace rw::graph

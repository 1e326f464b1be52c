// The view of a network as it will be: judged by what is read back once it is written, and by hand.
#include "graph/rewritten.hpp"

#include "graph/editor.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

using Names = std::vector<std::string>;

// x -> conv a -> Clip c -> conv b, where b reads its weight through a Reshape r.
struct Chain {
  Net net;
  Network network;
  Rewriting rewriting;

  Chain() : network(make(net)) {}
  static Network make(Net& net) {
    const auto a = net.conv("a", net.input("x", {1, 2, 4, 4}), 2, {.kernel = 1, .bias = false});
    const auto c = net.clip("c", a, 0.0F, 6.0F);
    const auto w =
        net.op("Reshape", "r",
               {net.constant("flat", Array({4}, std::vector<float>{1, 2, 3, 4})), net.ints("shape", {2, 2, 1, 1})});
    net.output(net.op("Conv", "b", {c, w}));
    return net.network();
  }
  OperatorId op(std::string_view name) const {
    for (OperatorId id = 0; id < network.operators().size(); ++id)
      if (network.op(id).name == name) return id;
    FAIL("no operator " << name);
    return kNone;
  }
  TensorId tensor(std::string_view name) const { return *network.find(name); }
};

Names names_of(const Rewritten& rewritten, std::span<const TensorId> ids) {
  Names names;
  for (const TensorId id : ids) names.emplace_back(id == kNone ? "" : rewritten.name(id));
  return names;
}

Names in_order(const Rewritten& rewritten) {
  Names names;
  rewritten.for_each_in_order([&](const RewrittenOperator& each) { names.emplace_back(each.name); });
  return names;
}

}  // namespace

TEST_CASE("Nothing changes: every operator is the network's own") {
  const Chain chain;
  const Rewritten rewritten(chain.network, chain.rewriting);
  CHECK(in_order(rewritten) == Names{"a", "c", "r", "b"});
  CHECK(rewritten.changes().empty());
  CHECK(rewritten.op(0).inputs.data() == chain.network.op(0).inputs.data());
  CHECK(rewritten.tensor_count() == chain.network.tensors().size());
  CHECK(rewritten.orphans().empty());
}

TEST_CASE("A copy behind a Reshape takes the Reshape and what it read with it") {
  Chain chain;
  const auto shape = std::vector<std::int64_t>{2, 2, 1, 1};
  chain.rewriting.copies = {{"w@b", chain.tensor("r"), {shape, shape, {{AxisMask::of({1}), {0.5, 2}}}}}};
  chain.rewriting.rebindings = {{chain.op("b"), 1, 0}};
  // A constant behind an operator is one only after shapes are inferred; here it is said.
  static const std::array<float, 4> values = {1, 2, 3, 4};
  chain.network.set_constant(chain.tensor("r"),
                             {DType::float32, Shape(chain.network.arena().store(std::span<const std::int64_t>(shape))),
                              std::as_bytes(std::span(values))});
  const Rewritten rewritten(chain.network, chain.rewriting);
  CHECK(in_order(rewritten) == Names{"a", "c", "b"});
  CHECK(names_of(rewritten, rewritten.op(chain.op("b")).inputs) == Names{"c", "w@b"});
  CHECK(rewritten.removed(chain.op("r")));
  CHECK(rewritten.orphaned(chain.tensor("flat")));
  CHECK(rewritten.orphaned(chain.tensor("shape")));
  const auto copy = rewritten.constant(*rewritten.find("w@b"));
  REQUIRE(copy);
  CHECK(copy->value == chain.network.tensor(chain.tensor("r")).constant);
  CHECK(copy->edit == &chain.rewriting.copies[0].edit);
}

TEST_CASE("An unfolded Clip stands in front of what takes its place, and its bounds go") {
  Chain chain;
  static const std::array<float, 2> bounds = {3, 12};
  static const std::array<std::int64_t, 3> dims = {2, 1, 1};
  chain.rewriting.graph.added = {{"c.limit", {DType::float32, Shape(dims), std::as_bytes(std::span(bounds))}}};
  chain.rewriting.graph.inserted = {{chain.op("c"), "Relu", "c.Relu", {"a"}, {"c.Relu"}}};
  chain.rewriting.graph.replacements = {{chain.op("c"), "Min"}};
  chain.rewriting.graph.inputs = {{chain.op("c"), 0, "c.Relu"}, {chain.op("c"), 1, "c.limit"}};
  const Rewritten rewritten(chain.network, chain.rewriting);
  CHECK(in_order(rewritten) == Names{"a", "c.Relu", "c", "r", "b"});
  CHECK(rewritten.op(chain.op("c")).type == "Min");
  CHECK(names_of(rewritten, rewritten.op(chain.op("c")).inputs) == Names{"c.Relu", "c.limit"});
  for (const TensorId input : chain.network.op(chain.op("c")).inputs)
    if (chain.network.tensor(input).constant) CHECK(rewritten.orphaned(input));
  rewritten.check();
}

TEST_CASE("Edits that were made on the network say what is so, and know what was read before") {
  Chain chain;
  Editor editor(chain.network, chain.rewriting.graph);
  const TensorId low = chain.network.op(chain.op("c")).inputs[1];
  editor.replace(chain.op("c"), "Relu");
  editor.finish();
  const Rewritten rewritten(chain.network, chain.rewriting);
  CHECK(in_order(rewritten) == Names{"a", "c", "r", "b"});
  CHECK(rewritten.orphaned(low));
  CHECK_FALSE(rewritten.read()[low]);
}

TEST_CASE("What is read must come from somewhere, and operators do not wait for one another") {
  Chain chain;
  SECTION("a removed operator's output is read") {
    chain.rewriting.graph.removed = {{chain.op("c")}};
    CHECK(error_of([&] {
            Rewritten(chain.network, chain.rewriting).check();
          }).find("tensor 'c': it is read, and what gives it is taken out") != std::string::npos);
  }
  SECTION("an output of the network is gone") {
    chain.rewriting.graph.removed = {{chain.op("b")}};
    CHECK(error_of([&] {
            Rewritten(chain.network, chain.rewriting).check();
          }).find("tensor 'b': it is an output, and what gives it is taken out") != std::string::npos);
  }
  SECTION("a cycle") {
    chain.rewriting.graph.inputs = {{chain.op("a"), 0, "c"}};
    CHECK(error_of([&] { Rewritten(chain.network, chain.rewriting).check(); }).find("a cycle") != std::string::npos);
  }
  SECTION("an earlier operator reads what a later one gives") {
    chain.rewriting.graph.inputs = {{chain.op("b"), 0, "x"}, {chain.op("a"), 0, "b"}};
    chain.rewriting.graph.removed = {};
    CHECK(in_order(Rewritten(chain.network, chain.rewriting)) == Names{"r", "b", "a", "c"});
  }
}

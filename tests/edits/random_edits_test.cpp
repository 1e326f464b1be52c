// Random edits of random networks: whoever asks for the edited network (the view of it, each writer, the network that
// is run in its place) gets what the network itself computes, and the editor knows at any time who reads what.
#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "graph/editor.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"
#include "runtime/written/written_network.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/net.hpp"
#include "tests/support/random_network.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
using namespace rw::graph;

namespace {

class RandomEdits {
 public:
  RandomEdits(std::uint64_t seed, Network& network, GraphEdits& edits)
      : random_(seed), network_(network), editor_(network, edits) {}

  void make(int count) {
    for (int i = 0; i < count; ++i) {
      editor_.begin(i % 2 == 0 ? "even" : "odd");
      switch (draw(4)) {
        case 0:
          put_before_reader();
          break;
        case 1:
          take_out();
          break;
        default:
          exchange();
      }
    }
    check_consumers();
    editor_.finish();
  }

 private:
  std::size_t draw(std::size_t below) { return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_); }
  OperatorId any() { return static_cast<OperatorId>(draw(network_.operators().size())); }
  // Also one that was removed.
  OperatorId any_place() { return any(); }

  OperatorId insert(OperatorId place, TensorId from, TensorId to) {
    const std::string name = editor_.free_name("new");
    if (draw(3) == 0) {
      const Attribute alpha = {"alpha", 0.25};
      return editor_.insert(place, "LeakyRelu", name, std::span(&from, 1), std::span(&to, 1), std::span(&alpha, 1));
    }
    if (draw(2) == 0) return editor_.insert(place, "Abs", name, std::span(&from, 1), std::span(&to, 1), {});
    const float half = 0.5F;
    const std::array<TensorId, 2> both = {
        from, editor_.add_constant("half", DType::float32, {}, std::as_bytes(std::span(&half, 1)))};
    return editor_.insert(place, "Mul", name, both, std::span(&to, 1), {});
  }

  void put_before_reader() {
    const OperatorId reader = any();
    if (!editor_.can_edit(reader) || network_.op(reader).inputs.empty()) return;
    const TensorId from = network_.op(reader).inputs[0];
    if (from == kNone || network_.tensor(from).constant) return;
    const TensorId to = editor_.add_tensor("t");
    insert(draw(2) == 0 ? reader : any_place(), from, to);
    editor_.read(reader, 0, to);
  }

  // The output of an operator with one activation and one output, which has the shape of the input; kNone: another one.
  TensorId simple(OperatorId op) const {
    static const std::set<std::string_view> kSimple = {"Relu", "LeakyRelu", "Abs", "Neg", "Identity", "Sigmoid"};
    const Operator& info = network_.op(op);
    return editor_.can_edit(op) && kSimple.contains(network_.type_of(op)) && info.outputs.size() == 1 ? info.outputs[0]
                                                                                                      : kNone;
  }

  void take_out() {
    const OperatorId op = any();
    const TensorId out = simple(op);
    if (out == kNone || !editor_.can_rebind_all(out)) return;
    editor_.rebind_all(out, network_.op(op).inputs[0]);
    editor_.remove(op);
  }

  void exchange() {
    const OperatorId op = any();
    const TensorId out = simple(op);
    if (out == kNone) return;
    const TensorId from = network_.op(op).inputs[0];
    editor_.remove(op);
    if (draw(2) == 0) {
      insert(draw(2) == 0 ? op : any_place(), from, out);
      return;
    }
    const TensorId between = editor_.add_tensor("t");
    insert(op, from, between);
    insert(draw(2) == 0 ? op : any_place(), between, out);
  }

  void check_consumers() const {
    std::map<TensorId, std::multiset<std::pair<OperatorId, std::uint32_t>>> readers;
    for (OperatorId id = 0; id < network_.operators().size(); ++id)
      for (std::uint32_t slot = 0; slot < network_.op(id).inputs.size(); ++slot)
        if (network_.op(id).inputs[slot] != kNone) readers[network_.op(id).inputs[slot]].emplace(id, slot);
    for (TensorId id = 0; id < network_.tensors().size(); ++id) {
      std::multiset<std::pair<OperatorId, std::uint32_t>> told;
      for (const Use& use : editor_.consumers(id)) told.emplace(use.op, use.slot);
      if (told != readers[id]) FAIL("readers of " << network_.tensor(id).name);
    }
  }

  std::mt19937_64 random_;
  Network& network_;
  Editor editor_;
};

void check_same(const Network& network, const Net& net, const Arrays& expected, const char* what) {
  INFO(what);
  const Arrays values = evaluate(network, net.inputs(0));
  for (const auto& [name, value] : expected)
    if (values.count(name) == 0 || !identical(values.at(name), value)) FAIL("output " << name);
}

}  // namespace

TEST_CASE("Random edits: every view of the edited network is that network") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    const Net net = random_net(seed, {.most = 30, .samples = 1});
    const TemporaryFolder folder;
    const std::filesystem::path json = net.save(folder.path(), "m"), onnx = folder / "m.onnx";
    write_model(read_model(json), {}, onnx);
    for (const auto& from : {json, onnx}) {
      INFO(from);
      Model model = read_model(from);
      Rewriting rewriting;
      for (std::uint64_t round = 0; round < 3; ++round)
        RandomEdits(seed * 100 + round, model.network, rewriting.graph).make(12);
      const Arrays all = evaluate(model.network, net.inputs(0));
      Arrays outputs;
      for (const TensorId id : model.network.outputs()) {
        const std::string name(model.network.tensor(id).name);
        outputs.emplace(name, all.at(name));
      }
      const Rewritten rewritten(model.network, rewriting);
      rewritten.check();
      check_same(runtime::written_network(rewritten), net, outputs, "run in its place");
      for (const char* to : {"out.json", "out.onnx"}) {
        write_model(model, rewriting, folder / to);
        const Model read = read_model(folder / to);
        const Network& after = read.network;
        CHECK(after.live_count() == model.network.live_count());
        check_same(after, net, outputs, to);
        if (std::string_view(to) != "out.onnx") continue;
        for (OperatorId id = 0; id < after.operators().size(); ++id)  // as ONNX wants it
          for (const TensorId input : after.op(id).inputs)
            if (input != kNone && after.tensor(input).producer != kNone) CHECK(after.tensor(input).producer < id);
      }
    }
  }
}

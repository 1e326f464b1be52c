// Plans of edits that rules made on the network: applied to the model they give what the run wrote, byte for byte, and
// what does not fit is refused before anything is written.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "graph/editor.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/plan/planned.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"
#include "graph/operators/infer.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

OperatorId named(const Network& network, std::string_view name) { return *network.find_operator(name); }

void write(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out,
           const std::optional<std::string>& mark) {
  Output output(model.sources, false);
  add_model(model, rewriting, out, output, mark);
  output.commit();
}

using Edit = std::function<void(Editor&)>;
using Rewrite = std::function<void(const Network&, Rewriting&)>;

// Edits the model and rewrites what it has become, writes it, and notes the plan beside it.
void run(
    const std::filesystem::path& from, const std::filesystem::path& to, const std::filesystem::path& plan_path,
    const Edit& edit, const Rewrite& rewrite = [](const Network&, Rewriting&) {}) {
  Model model = read_model(from);
  infer_shapes(model.network, Forms(model.network));
  Rewriting rewriting;
  Editor editor(model.network, rewriting.graph);
  edit(editor);
  editor.finish();
  infer_shapes(model.network, Forms(model.network));
  rewrite(model.network, rewriting);
  note_checksums(rewriting);
  const auto mark = mark_for(model, rewriting);
  write(model, rewriting, to, mark);
  PlanFile plan = plan_of(Rewritten(model.network, rewriting));
  plan.was_marked = model.mark.text;
  plan.mark = mark;
  if (!plan.checksums) plan.checksums.emplace();
  write_file(plan_path, to_json(plan));
}

void apply(const std::filesystem::path& plan_path, const std::filesystem::path& from, const std::filesystem::path& to) {
  const PlanFile plan = read_plan(plan_path);
  CHECK(to_json(plan) == read_file(plan_path));
  Model model = read_model(from);
  const Planned made = planned(plan, model, false);
  write(model, made.rewriting, to, plan.mark);
}

void check_same_files(const TemporaryFolder& folder) {
  const auto files = listing(folder / "run");
  CHECK(files == listing(folder / "applied"));
  for (const std::string& file : files) {
    INFO(file);
    CHECK((read_file(folder / "run" / file) == read_file(folder / "applied" / file)));
  }
}

Net chain() {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto a = net.relu("a", x), b = net.op("Neg", "b", {a}), c = net.op("Abs", "c", {b});
  const auto d = net.add("d", c, a);
  net.output(net.op("Sigmoid", "y", {net.op("Identity", "e", {d})}));
  return net;
}

// Three edits: operators are exchanged, one of the new ones is exchanged again, and operators of the model read and
// give something else.
void edit_thrice(Editor& editor) {
  const Network& network = editor.network();
  const auto put = [&](OperatorId place, const char* type, const std::string& name, std::vector<TensorId> from,
                       TensorId to, std::vector<Attribute> attributes = {}) {
    return editor.insert(place, type, name, from, std::span(&to, 1), attributes);
  };
  const auto scalar = [&](const char* name, float value) {
    return editor.add_constant(name, DType::float32, {}, std::as_bytes(std::span(&value, 1)));
  };
  const TensorId a = *network.find("a"), b = *network.find("b"), c = *network.find("c"), d = *network.find("d");
  editor.begin("first");
  const OperatorId neg = named(network, "b"), abs = named(network, "c");
  editor.remove(neg);
  editor.remove(abs);
  const TensorId t = editor.add_tensor("c/first/t");
  const OperatorId mul = put(abs, "Mul", editor.free_name("c/first"), {a, scalar("three", 3)}, t);
  put(abs, "LeakyRelu", "c", {t}, c, {{"alpha", 0.25}});
  editor.begin("second");
  editor.remove(mul);
  const TensorId u = editor.add_tensor("u");
  put(mul, "Add", "s1", {a, scalar("one", 1)}, u);
  put(mul, "Clip", "s2", {u, kNone, scalar("most", 2)}, t);
  editor.begin("third");
  const OperatorId identity = named(network, "e");
  const TensorId e = network.op(identity).outputs[0];
  editor.remove(identity);
  editor.give(named(network, "d"), 0, e);
  editor.read(named(network, "d"), 1, t);
  static_cast<void>(b), static_cast<void>(d);
}

std::string edited_plan(const std::string& edits, const std::string& constants = "{}") {
  return fmt::format(
      R"({{"format": "rewrite-engine/plan", "version": 1, "scales": [], "constants": {}, "edits": [{}], )"
      R"("checksums": []}})",
      constants, edits);
}

}  // namespace

TEST_CASE("A plan of edits gives what the run wrote, from each format to each") {
  for (const char* from : {"m.json", "m.onnx"}) {
    for (const char* to : {"out.json", "out.onnx"}) {
      INFO(from << " to " << to);
      const TemporaryFolder folder;
      write_model(read_model(chain().save(folder.path(), "m")), {}, folder / "m.onnx");
      for (const char* each : {"run", "applied"}) std::filesystem::create_directory(folder / each);
      run(folder / from, folder / "run" / to, folder / "plan.json", edit_thrice);
      apply(folder / "plan.json", folder / from, folder / "applied" / to);
      check_same_files(folder);
      const std::string text = read_file(folder / "plan.json");
      CHECK(contains(text, R"({"rule": "first", "edit": 1, "remove": "b", "op": "Neg"})"));
      CHECK(contains(text, R"({"rule": "second", "edit": 2, "insert": "s2", "op": "Clip", "before": "c", )"
                           R"("inputs": ["u", "", "most"], "outputs": ["c/first/t"]})"));
      CHECK(contains(text, R"("insert": "c", "op": "LeakyRelu", "at": "c")"));
      CHECK_FALSE(contains(text, "three"));  // a constant that nobody reads in the end

      INFO("a second time");
      Model again = read_model(folder / "run" / to);
      CHECK_THROWS_AS(planned(read_plan(folder / "plan.json"), again, false), PlanRefusal);
      Model back = read_model(folder / "run" / to);
      CHECK(contains(error_of([&] { planned(read_plan(folder / "plan.json"), back, true); }),
                     "it edits the graph, which cannot be undone"));
    }
  }
}

TEST_CASE("What rules put in is scaled, copied for and unfolded like operators of the model, and the plan tells both") {
  Net net;
  const auto a = net.conv("a", net.input("x", {1, 2, 4, 4}), 2, {.kernel = 1});
  const auto b = net.conv("b", net.relu("r", net.op("Identity", "i", {a})), 2, {.kernel = 1, .bias = false});
  net.output(net.conv("c", b, 2, {.kernel = 1, .bias = false, .weight = "b.weight"}));
  const auto edit = [](Editor& editor) {
    const Network& network = editor.network();
    // Of no rule that replaces: it belongs to the network all the same, which the rules below have seen.
    const OperatorId identity = named(network, "i"), relu = named(network, "r"), conv = named(network, "b");
    editor.read(relu, 0, *network.find("a"));
    editor.remove(identity);
    editor.begin("bounded");
    const std::vector<TensorId> read(network.op(relu).inputs.begin(), network.op(relu).inputs.end());
    const std::vector<TensorId> given(network.op(relu).outputs.begin(), network.op(relu).outputs.end());
    const float zero = 0, six = 6;
    editor.remove(relu);
    const auto bound = [&](const char* name, const float& value) {
      return editor.add_constant(name, DType::float32, {}, std::as_bytes(std::span(&value, 1)));
    };
    const std::array<TensorId, 3> inputs = {read[0], bound("r/low", zero), bound("r/high", six)};
    editor.insert(relu, "Clip", "r", inputs, given, {});
    editor.begin("again");
    const std::vector<TensorId> operands(network.op(conv).inputs.begin(), network.op(conv).inputs.end());
    const std::vector<TensorId> made(network.op(conv).outputs.begin(), network.op(conv).outputs.end());
    editor.remove(conv);
    editor.insert(conv, "Conv", "b/again", operands, made, {});
  };
  const auto rewrite = [](const Network& network, Rewriting& rewriting) {
    static const std::array<float, 2> bounds = {12, 3};
    static const std::array<std::int64_t, 3> dims = {2, 1, 1};
    const OperatorId clip = named(network, "r"), conv = named(network, "b/again");
    const std::vector<std::int64_t> shape = {2, 2, 1, 1};
    rewriting.constants.push_back({*network.find("a.weight"), {shape, shape, {{AxisMask::of({0}), {2, 0.5}}}}});
    rewriting.copies.push_back(
        {"b.weight@b/again", *network.find("b.weight"), {shape, shape, {{AxisMask::of({1}), {0.5, 2}}}}});
    rewriting.rebindings.push_back({conv, 1, 0});
    rewriting.graph.added.push_back({"r.limit", {DType::float32, Shape(dims), std::as_bytes(std::span(bounds))}});
    rewriting.graph.inserted.push_back({clip, "Relu", "r.Relu", {"a"}, {"r.Relu"}});
    rewriting.graph.replacements.push_back({clip, "Min"});
    rewriting.graph.inputs.push_back({clip, 0, "r.Relu"});
    rewriting.graph.inputs.push_back({clip, 1, "r.limit"});
  };
  for (const char* from : {"m.json", "m.onnx"}) {
    for (const char* to : {"out.json", "out.onnx"}) {
      INFO(from << " to " << to);
      const TemporaryFolder folder;
      write_model(read_model(net.save(folder.path(), "m")), {}, folder / "m.onnx");
      for (const char* each : {"run", "applied"}) std::filesystem::create_directory(folder / each);
      run(folder / from, folder / "run" / to, folder / "plan.json", edit, rewrite);
      apply(folder / "plan.json", folder / from, folder / "applied" / to);
      check_same_files(folder);
      std::vector<std::string> types;
      const Model written = read_model(folder / "run" / to);
      for (const OperatorId id : written.network.order()) types.emplace_back(written.network.type_of(id));
      CHECK(types == std::vector<std::string>{"Conv", "Relu", "Min", "Conv", "Conv"});
      CHECK(contains(read_file(folder / "plan.json"), R"({"edit": 0, "remove": "i", "op": "Identity"})"));
    }
  }
}

TEST_CASE("Constants of a plan have any type, no dimensions or none, and many elements") {
  for (const char* to : {"out.json", "out.onnx"}) {
    const TemporaryFolder folder;
    const std::filesystem::path model = chain().save(folder.path(), "m");
    run(model, folder / to, folder / "plan.json", [](Editor& editor) {
      const Network& network = editor.network();
      const OperatorId neg = named(network, "b");
      const TensorId a = *network.find("a"), b = *network.find("b");
      const std::vector<std::int64_t> ints(1000, -3);
      const std::array<std::int64_t, 1> many = {1000}, none = {0};
      const std::uint8_t yes = 1;
      editor.begin("all");
      editor.remove(neg);
      const std::array<TensorId, 4> inputs = {
          a, editor.add_constant("ints", DType::int64, many, std::as_bytes(std::span(ints))),
          editor.add_constant("yes", DType::boolean, {}, std::as_bytes(std::span(&yes, 1))),
          editor.add_constant("nothing", DType::float16, none, {})};
      editor.insert(neg, "my::Op", "b", inputs, std::span(&b, 1), {});
    });
    const std::string once = read_file(folder / to);
    apply(folder / "plan.json", model, folder / to);
    CHECK((read_file(folder / to) == once));
  }
}

TEST_CASE("Edits that do not fit the model are refused with the reason") {
  const struct {
    const char *edits, *why;
  } cases[] = {
      {R"({"edit": 1, "remove": "nobody"})", "node 'nobody': the model has no such node"},
      {R"({"edit": 1, "remove": "b", "op": "Abs"})", "node 'b': it is Neg, and the plan takes out Abs"},
      {R"({"edit": 1, "remove": "b"}, {"edit": 2, "remove": "b"})", "node 'b': it is taken out twice"},
      {R"({"edit": 1, "remove": "b"})", "tensor 'b': it is read, and what gives it is taken out"},
      {R"({"edit": 1, "insert": "b", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["t"]})",
       "node 'b': the plan was applied to the model already"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["b"]})",
       "node 'n': tensor 'b' comes from elsewhere"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["t", "t"]})",
       "node 'n': it gives 't' twice"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["u"], "outputs": ["t"]})",
       "node 'n': the model has no tensor 'u'"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "q", "inputs": ["x"], "outputs": ["t"]})",
       "node 'n': the model has no node 'q'"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "at": "q", "inputs": ["x"], "outputs": ["t"]})",
       "node 'n': the model has no node 'q'"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["t"]},
          {"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["u"]})",
       "node 'n': two new nodes have this name"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["u"], "outputs": ["t"]},
          {"edit": 1, "insert": "m", "op": "Abs", "before": "a", "inputs": ["t"], "outputs": ["u"]})",
       "they form a cycle: 'n' -> 'm' -> 'n'"},
      {R"({"edit": 1, "node": "a", "input": 0, "reads": "y"})", "they form a cycle"},
      {R"({"edit": 1, "node": "a", "input": 2, "reads": "x"})", "node 'a': it has no input 2"},
      {R"({"edit": 1, "node": "a", "output": 1, "gives": "x"})", "node 'a': it has no output 1"},
      {R"({"edit": 1, "node": "a", "output": 0, "gives": "x"})", "node 'a': tensor 'x' comes from elsewhere"},
      {R"({"edit": 1, "node": "a", "output": 0})", "tensor 'a': it is read, and what gives it is taken out"},
      {R"({"edit": 1, "replace": "d2", "by": "Relu"})", "node 'd2': the model has no such node"},
      {R"({"edit": -1, "remove": "b"})", "expected the number of an edit"},
      {R"({"rule": "r", "remove": "b"})", "stand without \"edit\""},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "inputs": ["x"], "outputs": ["t"]})",
       "expected one of \"before\", \"at\""},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": []})",
       "the new node gives nothing"},
      {R"({"edit": 1, "insert": "n", "op": "If", "before": "a", "inputs": ["x"], "outputs": ["t"],
           "attributes": {"then_branch": {"graph": {"inputs": [], "outputs": [], "nodes": []}}}})",
       "a plan has no place for graphs and types"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["t"],
           "attributes": {"a": {"numbers": [1]}}})",
       "attribute \"a\": expected"},
      {R"({"edit": 1, "insert": "n", "op": "Abs", "before": "a", "inputs": ["x"], "outputs": ["t"],
           "attributes": {"a": null}})",
       "attribute \"a\": expected"},
  };
  const TemporaryFolder folder;
  const std::filesystem::path path = chain().save(folder.path(), "m");
  for (const auto& each : cases) {
    INFO(each.edits);
    write_file(folder / "plan.json", edited_plan(each.edits));
    const std::string error = error_of([&] {
      Model model = read_model(path);
      planned(read_plan(folder / "plan.json"), model, false);
    });
    INFO(error);
    CHECK(contains(error, each.why));
    CHECK(contains(error, "plan.json"));
  }
}

TEST_CASE("What reads a constant that the plan does not have is refused, and weights alone cannot take edits") {
  const TemporaryFolder folder;
  const std::string edit =
      R"({"edit": 1, "remove": "b"},
         {"edit": 1, "insert": "b", "op": "Add", "at": "b", "inputs": ["a", "k"], "outputs": ["b"]})";
  const std::filesystem::path path = chain().save(folder.path(), "m");
  write_file(folder / "plan.json", edited_plan(edit));
  CHECK(contains(error_of([&] {
                   Model model = read_model(path);
                   planned(read_plan(folder / "plan.json"), model, false);
                 }),
                 "the model has no tensor 'k'"));
  write_file(folder / "plan.json", edited_plan(edit, R"({"k": {"dtype": "float32", "shape": [], "data": [1]}})"));
  Model model = read_model(path);
  const Planned made = planned(read_plan(folder / "plan.json"), model, false);
  CHECK(model.network.live_count() == 6);
  CHECK(model.network.type_of(*model.network.find_operator("b")) == "Add");
  CHECK(contains(
      error_of([&] { apply_to_weights(read_plan(folder / "plan.json"), {}, {}, [](const AppliedWeights&) {}); }),
      "it edits the graph: apply it to the model, not to its weights alone"));
}

TEST_CASE("A plan of edits within a nested network") {
  const std::string text =
      model_text(R"("opset": {"": 17}, "inputs": [{"name": "x", "shape": [1, 2]}], "outputs": ["y"],
    "nodes": [{"name": "o", "op": "Graph", "inputs": ["x"], "outputs": ["y"],
               "graph": {"inputs": ["a"], "outputs": ["b"], "nodes": [
                 {"name": "n", "op": "Neg", "inputs": ["a"], "outputs": ["m"]},
                 {"name": "r", "op": "Relu", "inputs": ["m"], "outputs": ["b"]}]}}])");
  for (const char* to : {"out.json", "out.onnx"}) {
    const TemporaryFolder folder;
    read_text(folder, text);
    for (const char* each : {"run", "applied"}) std::filesystem::create_directory(folder / each);
    run(folder / "m.json", folder / "run" / to, folder / "plan.json", [](Editor& editor) {
      const Network& network = editor.network();
      const OperatorId neg = named(network, "o/n");
      const TensorId from = network.op(neg).inputs[0], out = network.op(neg).outputs[0];
      editor.begin("inside", network.op(neg).subgraph);
      editor.remove(neg);
      const float two = 2;
      const std::array<TensorId, 2> both = {
          from, editor.add_constant("k", DType::float32, {}, std::as_bytes(std::span(&two, 1)))};
      const TensorId t = editor.add_tensor("t");
      editor.insert(neg, "Mul", editor.free_name("new"), both, std::span(&t, 1), {});
      editor.insert(neg, "Neg", "o/n", std::span(&t, 1), std::span(&out, 1), {});
    });
    apply(folder / "plan.json", folder / "m.json", folder / "applied" / to);
    check_same_files(folder);
  }
  const TemporaryFolder folder;
  read_text(folder, text);
  write_file(
      folder / "plan.json",
      edited_plan(R"({"edit": 1, "insert": "q", "op": "Abs", "before": "o/r", "inputs": ["x"], "outputs": ["o/t"]})"));
  CHECK(contains(error_of([&] {
                   Model model = read_model(folder / "m.json");
                   planned(read_plan(folder / "plan.json"), model, false);
                 }),
                 "node 'q': a nested network has no name 'q': it would begin with 'o/'"));
}

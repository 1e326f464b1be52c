// The commands for people who edit rules: check, fmt, test, ops, and --require.
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace fs = std::filesystem;

namespace {

// Runs in a folder that holds `mine.dsl`.
struct Desk {
  TemporaryFolder folder;
  explicit Desk(const std::string& rules) { write_file(folder / "mine.dsl", rules); }
  Outcome run(const std::vector<std::string>& words) const { return run_engine(words, {.folder = folder.path()}); }
  std::string text() const { return read_file(folder / "mine.dsl"); }
};

const std::string kRule =
    "rule mine(hi = 20) {\n"
    "  \"What it is for.\"\n"
    "  region r {\n"
    "    parents  Conv as p\n"
    "    through  Relu\n"
    "    children Conv\n"
    "  }\n"
    "  do scale(p, equalization(p, 1, hi))\n"
    "}\n";

std::string test_of(const std::string& lines) { return kRule + "\ntest mine \"a title\" {\n" + lines + "}\n"; }

const std::string kPair =
    "  input x [1, 3, 4, 4]\n"
    "  a = Conv(x, weight [2, 3, 1, 1])\n"
    "  b = Relu(a)\n"
    "  c = Conv(b, weight [2, 2, 1, 1])\n"
    "  output c\n"
    "  stats b max [1, 4]\n";

}  // namespace

TEST_CASE("check lists rules with their parameters, warns, and counts") {
  const Desk desk(kRule);
  const Outcome fine = desk.run({"check", "./mine.dsl"});
  CHECK(fine.status == 0);
  CHECK(fine.err.empty());
  CHECK(fine.out == "mine.dsl\n  mine(hi = 20)  What it is for.\n\n1 rule, 0 tests, no mistakes\n");
  CHECK(contains(
      desk.run({"check", "./mine.dsl", "--json"}).out,
      R"({"rule": "mine", "file": "mine.dsl", "line": 1, "what": "What it is for.", "looks_for": "region", "parameters": [{"name": "hi", "default": 20}]})"));
  CHECK(contains(run_engine({"check", "equalization"}).out, "residual_family(lo = 1, hi = 20)"));

  const Outcome wrong = Desk("rule mine { regoin }\n").run({"check", "./mine.dsl"});
  CHECK(wrong.status == 1);
  CHECK(contains(wrong.err, "did you mean 'region'?"));
  CHECK(wrong.out == "1 error, 0 warnings\n");
  const Outcome data = Desk("rule mine { regoin }\n").run({"check", "./mine.dsl", "--json"});
  CHECK(data.status == 1);
  CHECK(data.err.empty());
  CHECK(contains(data.out, R"("severity": "error", "code": "syntax", "file": "mine.dsl", "line": 1, "column": 13)"));

  const Outcome shadowed = desk.run({"check", "wide", "equalization"});
  CHECK(shadowed.status == 0);
  CHECK(contains(shadowed.err, "rule 'pair' never gets a region: 'wide' runs first and takes all that it wants"));
  CHECK(contains(shadowed.out, "warning"));
}

TEST_CASE("check --strict: a warning is a mistake") {
  const Desk desk("set conv = Convv\n");
  const Outcome mild = desk.run({"check", "./mine.dsl"}), strict = desk.run({"check", "./mine.dsl", "--strict"});
  CHECK(mild.status == 0);
  CHECK(strict.status == 1);
  CHECK(strict.err == mild.err);
  CHECK(contains(strict.err, "did you mean 'Conv'?"));
  CHECK(Desk("").run({"check", "./mine.dsl", "--strict"}).status == 1);  // it declares nothing
  CHECK(Desk(kRule).run({"check", "./mine.dsl", "--strict"}).status == 0);
}

TEST_CASE("fmt writes the canonical form, --check names the first difference, and files with errors stay") {
  const Desk desk(
      "# why\nrule mine(hi=20) { \"What it is for.\" region r { parents Conv as p # all\n through Relu children Conv "
      "}\n"
      "do scale(p, equalization(p, 1, (hi))) }\n");
  const std::string before = desk.text();
  const Outcome check = desk.run({"fmt", "--check", "mine.dsl"});
  CHECK(check.status == 1);
  CHECK(check.out ==
        "mine.dsl:2: not in its canonical form\n"
        "  - rule mine(hi=20) { \"What it is for.\" region r { parents Conv as p # all\n"
        "  + rule mine(hi = 20) {\n");
  CHECK(desk.text() == before);
  CHECK(desk.run({"fmt", "mine.dsl"}).out == "formatted mine.dsl\n");
  CHECK(desk.text() == "# why\n" + std::string(kRule).replace(kRule.find("as p\n"), 5, "as p  # all\n"));
  CHECK(desk.run({"fmt", "--check", "mine.dsl"}).status == 0);
  CHECK(desk.run({"fmt", "mine.dsl"}).out.empty());
  CHECK(std::distance(fs::directory_iterator(desk.folder.path()), {}) == 1);  // nothing temporary is left

  const Desk broken("rule   mine {\n");
  CHECK(broken.run({"fmt", "mine.dsl"}).status == 1);
  CHECK(broken.text() == "rule   mine {\n");
  CHECK(contains(broken.run({"fmt", "equalization"}).err, "ships inside the program"));

  fs::create_symlink("mine.dsl", desk.folder / "link.dsl");
  write_file(desk.folder / "mine.dsl", "set   a = Conv\n");
  CHECK(desk.run({"fmt", "link.dsl"}).status == 0);
  CHECK(fs::is_symlink(desk.folder / "link.dsl"));
  CHECK(desk.text() == "set a = Conv\n");
}

TEST_CASE("test: what is expected and what comes of it") {
  struct Case {
    std::string expect, says;  // says nothing: it passes
  };
  const std::vector<Case> cases = {
      {"  expect match\n", ""},
      {"  expect match parents a children c\n  expect scale a [4, 1]\n", ""},
      {"  expect scale a 2\n", "'a' has another scale"},
      {"  expect match parents c\n", "'mine' matches no such region"},
      {"  expect match children a\n", "it matches parents a children c"},
      {"  expect no match\n", "'mine' matches"},
      {"  expect no match c\n", ""},
      {"  expect no match a\n", "parents a children c"},
      {"  expect no match c \"output of the network\"\n", ""},
      {"  expect no match c \"Sigmoid\"\n", "it does not match for another reason"},
      {"  expect no match b\n", "'b' offers no scale"},
  };
  for (const Case& each : cases) {
    const Outcome outcome = Desk(test_of(kPair + each.expect)).run({"test", "./mine.dsl"});
    INFO(each.expect << outcome.out << outcome.err);
    CHECK(outcome.status == (each.says.empty() ? 0 : 1));
    CHECK(contains(outcome.out, each.says.empty() ? "ok     mine: a title" : "FAILED mine: a title"));
    CHECK(contains(outcome.out, each.says.empty() ? "1 test, all passed" : each.says));
    if (!each.says.empty()) CHECK(contains(outcome.out, "mine.dsl:18:3: error: "));
  }
  const Outcome golden = Desk(test_of(kPair + "  expect scale a [4, 2]\n")).run({"test", "./mine.dsl"});
  CHECK(golden.out ==
        "FAILED mine: a title\n"
        "mine.dsl:18:3: error: 'a' has another scale [test-failed]\n"
        "  18 |   expect scale a [4, 2]\n"
        "     |   ^^^^^^^^^^^^^^^^^^^^^ it is [4, 1]\n"
        "\n1 test, 1 failed\n");
  CHECK(contains(Desk(kRule).run({"test", "./mine.dsl"}).out, "these files have no tests"));
  CHECK(contains(Desk(test_of(kPair + "  expect match\n")).run({"test", "./mine.dsl", "--json"}).out,
                 R"("passed": 1, "failed": 0)"));
}

TEST_CASE("test: a law that is not true of an operator changes the function, and the evaluator sees it") {
  const std::string network =
      "  input x [1, 3, 4, 4]\n  a = Conv(x, weight [2, 3, 1, 1])\n  b = Sigmoid(a)\n"
      "  c = Conv(b, weight [2, 2, 1, 1])\n  output c\n  stats a max [1, 4]\n  expect match\n";
  std::string text = "op Sigmoid law pass\n" + test_of(network);
  text.replace(text.find("through  Relu"), 13, "through  Sigmoid");
  const Outcome outcome = Desk(text).run({"test", "./mine.dsl"});
  INFO(outcome.out);
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.out, "the rewritten network computes something else: 'c' moves by"));
}

namespace {

// Runs the one test of a rule that scales by 4 whatever stands between two convolutions.
Outcome test_outcome(const std::string& through, const std::string& lines, const std::string& laws = "",
                     const std::string& action = "scale(p, 4)") {
  return Desk(laws + "rule t {\n  region r {\n    parents  Conv as p\n    through  " + through +
              "\n    children Conv as c\n  }\n  do " + action + "\n}\ntest t \"a title\" {\n  input x [1, 3, 4, 4]\n" +
              lines + "  output c\n  expect match parents a children c\n}\n")
      .run({"test", "./mine.dsl"});
}

}  // namespace

TEST_CASE("test: a bounded Clip is run as what is written in its place") {
  const std::string clip =
      "  a = Conv(x, weight [2, 3, 1, 1], bias [2])\n  b = Clip(a, values 0, values 0.5)\n"
      "  c = Conv(b, weight [2, 2, 1, 1])\n";
  const Outcome right = test_outcome("Clip", clip, "op Clip law bounded\n");
  INFO(right.out);
  CHECK(right.status == 0);
  const Outcome wrong = test_outcome("Clip", clip, "op Clip law pass\n");  // its bounds would stay
  INFO(wrong.out);
  CHECK(wrong.status == 1);
}

TEST_CASE("test: weights behind an operator are run as the copies that are written") {
  const std::string behind =
      "  v = Reshape(weight [6], integers [2, 3, 1, 1])\n  a = Conv(x, v)\n  b = Relu(a)\n"
      "  w = Reshape(weight [4], integers [2, 2, 1, 1])\n  c = Conv(b, w)\n";
  const Outcome right = test_outcome("Relu", behind);
  INFO(right.out);
  CHECK(right.status == 0);
  std::string sigmoid = behind;
  sigmoid.replace(sigmoid.find("Relu"), 4, "Sigmoid");
  const Outcome false_law = test_outcome("Sigmoid", sigmoid, "op Sigmoid law pass\n");
  INFO(false_law.out);
  CHECK(false_law.status == 1);
  CHECK(contains(false_law.out, "the rewritten network computes something else: 'c' moves by"));
}

TEST_CASE("test: biases that absorb_bias makes are run, also where it is approximate") {
  const auto network = [](const std::string& between) {
    return "  a = Conv(x, weight [2, 3, 1, 1], bias [2])\n  b = " + between +
           "(a)\n  c = Conv(b, weight [2, 2, 1, 1], bias [2])\n";
  };
  const Outcome exact = test_outcome("Identity", network("Identity"), "", "absorb_bias(p, 1)");
  INFO(exact.out);
  CHECK(exact.status == 0);
  const Outcome approximate = test_outcome("Relu", network("Relu"), "", "absorb_bias(p, 1)");
  INFO(approximate.out);
  CHECK(approximate.status == 1);
  CHECK(contains(approximate.out, "expect within 0.01"));
}

TEST_CASE("test: the operator set of the network says what a rule may put in, and how operators are read") {
  const auto outcome = [](const std::string& rule, const std::string& lines) {
    return Desk(rule + "\ntest r \"t\" {\n" + lines + "}\n").run({"test", "./mine.dsl"});
  };
  const std::string mish = "rule r { match { y = Mul(x, Tanh(Softplus(x))) } replace { y = Mish(x) } }";
  const std::string written =
      "  input x [2, 3]\n  a = Softplus(x)\n  b = Tanh(a)\n  y = Mul(x, b)\n  output y\n  expect operators Mish\n";
  CHECK(outcome(mish, written + "  opset 18\n  expect match\n").status == 0);
  CHECK(contains(outcome(mish, written + "  expect match\n").out, "y: there is no Mish in operator set 17"));
  CHECK(contains(outcome(mish, written + "  opset 17\n  expect match\n").out, "in operator set 17"));
  // Before operator set 13 a Softmax goes over all axes from its own on.
  const auto flat = [&](int set) {
    return outcome("rule r { match { y = Identity(x) } replace { y = x } }",
                   "  opset " + std::to_string(set) +
                       "\n  input x [1, 2, 2]\n  i = Identity(x)\n  y = Softmax(i) axis 1\n"
                       "  f = Reshape(i, integers [1, 4])\n  g = Softmax(f) axis 1\n"
                       "  z = Reshape(g, integers [1, 2, 2])\n  output y, z\n  expect match\n  expect same y z\n");
  };
  CHECK(flat(12).status == 0);
  CHECK(flat(13).status == 1);
  CHECK(contains(flat(13).out, "error: they differ by "));
  const Outcome gone = outcome(mish, written + "  opset 18\n  expect scale a 2\n");
  CHECK(gone.status == 1);
  CHECK(gone.signal == 0);
  CHECK(contains(gone.out, "error: 'a' is no longer there"));
}

TEST_CASE("test: what no output shows proves nothing") {
  // Nothing passes the Clip, so that the law of Sigmoid does not matter.
  const Outcome hidden = test_outcome("Sigmoid, Clip",
                                      "  a = Conv(x, weight [2, 3, 1, 1])\n  s = Sigmoid(a)\n"
                                      "  b = Clip(s, values 0, values 0)\n  c = Conv(b, weight [2, 2, 1, 1])\n",
                                      "op Sigmoid, Clip law pass\n");
  INFO(hidden.out << hidden.err);
  CHECK(hidden.status == 1);
  CHECK(contains(hidden.out, "no output of the network shows what the rule has changed: the test proves nothing"));
  const Outcome nothing =
      test_outcome("Relu", "  a = Conv(x, weight [2, 3, 1, 1])\n  b = Relu(a)\n  c = Conv(b, weight [2, 2, 1, 1])\n",
                   "", "scale(p, 1)");
  INFO(nothing.out);
  CHECK(nothing.status == 1);
  CHECK(contains(nothing.out, "the rule changes nothing here: the test proves nothing"));
}

TEST_CASE("test: networks that do not fit or are too large are told, not run") {
  const auto says = [](const std::string& lines) {
    const Outcome outcome =
        Desk(test_of("  input x [1, 3, 4, 4]\n" + lines + "  expect match\n")).run({"test", "./mine.dsl"});
    CHECK(outcome.status == 1);
    CHECK(outcome.signal == 0);
    return outcome.out + outcome.err;
  };
  CHECK(contains(says("  a = Conv(x, weight [2, 4, 1, 1])\n  output a\n"), "shape [2, 4, 1, 1] for 4 input channels"));
  CHECK(contains(says("  a = Expand(x, integers [30000000, 3, 4, 4])\n  output a\n"), "too large for a test"));
  CHECK(contains(says("  a = Tile(x, integers [1, 1, 30000, 30000])\n  output a\n"), "too large for a test"));
  CHECK(
      contains(says("  a = MaxPool(x) kernel_shape [900, 900] pads [450, 450, 450, 450]\n  output a\n"), "for a test"));
  CHECK(contains(says("  a = my::Swirl(x)\n  output a\n"), "does not follow from its inputs"));
  CHECK(
      contains(says("  a = Relu(x)\n  output a\n  stats a max [1, 2]\n"), "2 values for the 3 channels along axis 1"));
}

TEST_CASE("A rule with `match` behind one that scaled what it edits: where that is refused, the order that helps") {
  Net net;
  const auto n = net.batch_norm("n", net.conv("a", net.image(), 4));
  net.output(net.conv("b", net.relu("r", n), 2));
  const TemporaryFolder folder;
  net.save(folder.path(), "m");
  const std::string grow =
      "rule grow { region r { parents BatchNormalization as p through Relu children Conv } do scale(p, 2) }\n";
  const std::string twice =
      "rule twice { match { y = BatchNormalization(x, constant g, constant s, constant m, constant v) } "
      "replace { y = y(x, g * 2, s, m, v) } approximate \"twice as much\" }\n";
  write_file(folder / "grow.dsl", grow);
  write_file(folder / "twice.dsl", twice);
  write_file(folder / "both.dsl", grow + twice);
  const auto run = [&](std::vector<std::string> rules) {
    rules.insert(rules.begin(), "m.json");
    rules.push_back("--dry-run");
    return run_engine(rules, {.folder = folder.path()});
  };
  const Outcome files = run({"./grow.dsl", "./twice.dsl"}), file = run({"./both.dsl"});
  INFO(files.out << file.out);
  CHECK(files.status == 3);
  CHECK(contains(files.out,
                 "rule 'twice' edits operators behind a rule that has scaled them: name its file first: "
                 "twice.dsl grow.dsl\n"));
  CHECK(file.status == 3);
  CHECK(contains(file.out, "behind a rule that has scaled them: write it before rule 'grow'\n"));
  CHECK_FALSE(contains(run({"./twice.dsl", "./grow.dsl"}).out, "refused"));
}

TEST_CASE("ops lists the words of the language, and what a model is made of") {
  const std::string words = run_engine({"ops"}).out;
  for (const char* each : {"laws\n", "  linear ", "scale(p, EXPR[, NUMBER, NUMBER])", "clamp(x, lo, hi)",
                           "across(max, x)", "p.max", "Conv"})
    CHECK(contains(words, each));
  const Outcome model = run_engine({"ops", data_path("digits_res.json")});
  CHECK(model.status == 0);
  CHECK(contains(model.out, ": 31 operators of "));
  CHECK(contains(model.out, "Conv"));
  CHECK(contains(run_engine({"ops", data_path("digits_res.json"), "--json"}).out, R"({"operator": "Conv", "count": )"));
}

TEST_CASE("ops tells a reason once for all operators that have it, with the first of them") {
  Net net;
  const auto x = net.input("x", {1, 2, 4, 4});
  const auto y = net.input("y", {1, 2, 4, 4});  // nothing says where its channels are
  for (const char* name : {"m1", "m2"}) net.output(net.op("MatMul", name, {y, y}));
  const auto w = net.input("w", {2, 2, 3, 3});
  for (const char* name : {"c1", "c2"}) net.output(net.op("Conv", name, {x, w}));
  net.output(net.conv("c3", x, 2));
  const TemporaryFolder folder;
  const std::string model = net.save(folder.path(), "m").string();
  const Outcome text = run_engine({"ops", model});
  INFO(text.out);
  CHECK(contains(text.out, R"(
Conv          3  linear  its weight is no constant (2 of them, first: 'c1'): in the way of no region
MatMul        2  blocks  its output: no operator says on which axis its channels are (first: 'm1'): in the way of no region
)"));
  CHECK(contains(run_engine({"ops", model, "--json"}).out,
                 R"("blocked": [{"reason": "its weight is no constant", "count": 2, "first": "c1", "regions": 0}]})"));
}

TEST_CASE("--require: a rule that never fires is exit status 3, and nothing is written") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& rule) {
    return run_engine({data_path("digits_res.json"), "equalization", "--require", rule, "-o", "out.json"},
                      {.folder = folder.path()});
  };
  const Outcome missing = run("concat");
  CHECK(missing.status == 3);
  CHECK(contains(missing.err, "--require concat: the rule never fired"));
  CHECK(contains(missing.out, "nothing was written"));
  CHECK_FALSE(fs::exists(folder / "out.json"));
  CHECK(run("pear").status == 2);
  CHECK(run("pair").status == 0);
  CHECK(fs::exists(folder / "out.json"));
}

TEST_CASE("--require any: a run that changes nothing is exit status 3, and writes nothing") {
  const TemporaryFolder folder;
  const auto run = [&](const std::string& rules, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {data_path("digits_res.json"), rules, "-o", "out.json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_engine(arguments, {.folder = folder.path()});
  };
  const Outcome nothing = run("smoothquant", {"--require", "any"});
  CHECK(nothing.status == 3);
  CHECK(contains(nothing.err, "--require any: nothing was changed\n"));
  CHECK(fs::is_empty(folder.path()));
  CHECK(run("smoothquant", {"--require", "any", "--quiet"}).status == 3);
  CHECK(run("smoothquant").status == 0);
  CHECK(run("equalization", {"--require", "any", "--require", "pair"}).status == 0);
  CHECK(run("equalization", {"--require", "any", "--require", "concat"}).status == 3);
}

TEST_CASE("A run that changed nothing says so in its last line, and what would help") {
  const TemporaryFolder folder;
  write_file(folder / "none.dsl", "# nothing\n");
  write_file(folder / "bn.json", R"({"format": "rewrite-engine/model", "version": 1,
    "inputs": [{"name": "x", "shape": [1, 1, 4, 4]}], "outputs": ["y"],
    "tensors": {"w": {"dtype": "float32", "shape": [2, 1, 1, 1], "data": [1, 2]},
                "o": {"dtype": "float32", "shape": [2], "data": [1, 1]},
                "v": {"dtype": "float32", "shape": [1, 2, 1, 1], "data": [1, 2]}},
    "nodes": [{"name": "a", "op": "Conv", "inputs": ["x", "w"], "outputs": ["t"]},
              {"name": "b", "op": "BatchNormalization", "inputs": ["t", "o", "o", "o", "o"], "outputs": ["u"]},
              {"name": "s", "op": "Sigmoid", "inputs": ["u"], "outputs": ["p"]},
              {"name": "c", "op": "Conv", "inputs": ["p", "v"], "outputs": ["y"]}],
    "calibration": {"t": {"min": [0, 0], "max": [1, 2]}}})");
  const auto last_line = [&](const std::vector<std::string>& arguments) {
    std::string out = run_engine(arguments, {.folder = folder.path()}).out;
    REQUIRE(out.ends_with("\n"));
    out.pop_back();
    return out.substr(out.rfind('\n') + 1);
  };
  const std::string digits = data_path("digits_res.json");
  const auto says = [&](std::vector<std::string> arguments, const std::string& what) {
    arguments.emplace_back("--dry-run");
    const std::string line = last_line(arguments);
    INFO(line);
    CHECK(line.starts_with("nothing was changed: " + what));
  };
  says({digits, "./none.dsl"}, "no rule ran");
  says({digits, "equalization", "--only", "pair", "--param", "pair.hi=1"}, "every channel is where the rules want it");
  says({digits, "prepare"}, "these rules found none of the operators that they edit");
  says({data_path("digits_mbv2_imb.onnx"), "mixed"}, "activation ranges are missing: give them (--stats FILE");
  says({"bn.json", "equalization"},
       "BatchNormalization stands behind the layers: run prepare first; why: rewrite-engine explain bn.json");
  says({data_path("digits_mbv2_imb.onnx"), "cross_layer", "--skip-node", "*"}, "no operator offers a scale");
  CHECK_FALSE(contains(last_line({digits, "equalization", "--dry-run"}), "nothing was changed"));
  CHECK_FALSE(contains(last_line({"bn.json", "prepare", "--dry-run"}), "nothing was changed"));
}

TEST_CASE("a test says which operators are left, what they read, and types and values of its inputs") {
  const std::string network =
      "rule mine { match { y = Clip(x) min 0 max m or inf } where m >= 3.4e38 replace { y = Relu(x) } }\n"
      "test mine \"a title\" {\n"
      "  input x [1, 3, 4, 4]\n"
      "  input i [2] int64 values [3, -4]\n"
      "  input h [2, 0] float16\n"
      "  a = Conv(x, weight [4, 3, 1, 1], values [1, 2, 3, 4]) pads [0, 0, 0, 0]\n"
      "  b = Clip(a, values 0)\n"
      "  j = Add(i, integers 1)\n"
      "  k = Add(h, values 2 float16)\n"
      "  output b, j, k\n"
      "  expect match\n";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"  expect operators Conv, Add, Add, Relu", ""},
      {"  expect operators Relu", "there are Conv, Add, Add, Relu"},
      {"  expect operators none", "there are Conv, Add, Add, Relu"},
      {"  expect becomes { b = Relu(Conv(x, constant, [1, 2, 3, 4]) pads [0, 0, 0, 0]) }", ""},
      {"  expect becomes { t = Conv(x, constant, constant) b = Relu(t) }", ""},
      {"  expect becomes { j = Add(i, 1) k = Add(h, 2) }", ""},
      {"  expect becomes { b = Relu(x) }", "it is Relu(a)"},
      {"  expect becomes { b = Relu(a, none) }", ""},
      {"  expect becomes { b = Relu(a, 1) }", "'b' is made by something else"},
      {"  expect becomes { k = Add(h, 3) }", "it is Add(h, k.values)"},
      {"  expect becomes { a = Conv(x, constant) }", "it is Conv(x, a.weight, a.values) pads [0, 0, 0, 0]"},
      {"  expect becomes { a = Conv(x, constant, [1, 2, 3, 5]) }", "'a' is made by something else"},
      {"  expect becomes { a = Conv(x, constant, constant) pads [0, 1, 0, 0] }", "'a' is made by something else"},
      {"  expect becomes { x = Relu(a) }", "no operator makes it"},
  };
  for (const auto& [line, says] : cases) {
    const Outcome outcome = Desk(network + line + "\n}\n").run({"test", "./mine.dsl"});
    INFO(line << '\n' << outcome.out << outcome.err);
    CHECK(outcome.status == (says.empty() ? 0 : 1));
    CHECK(contains(outcome.out, says));
  }
}

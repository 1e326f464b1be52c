#include "tests/dsl/shelf.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "dsl/program/program.hpp"

namespace rw::test {

namespace {

using dsl::ArgumentForm, dsl::FieldAbout, dsl::FunctionForm, dsl::Kind, dsl::Role;

constexpr std::array<dsl::LawParameter, 4> kLinearParameters = {
    {{"weight"}, {"bias"}, {"weight_out", true}, {"weight_in", true}}};

const std::array<dsl::LawWord, 7> kLaws = {{
    {"linear", kLinearParameters, false, true, true, false, false, ""},
    {"affine", {}, false, true, true, false, false, ""},
    {"pass", {}, true, false, false, true, false, ""},
    {"join", {}, false, false, false, true, true, ""},
    {"concat", {}, false, false, false, true, true, ""},
    {"shape", {}, false, false, false, true, false, ""},
    {"block", {}, false, false, false, false, false, ""},
}};

constexpr std::array<ArgumentForm, 2> kScale = {ArgumentForm::parents, ArgumentForm::number_per_channel};
constexpr std::array<ArgumentForm, 2> kBalance = {ArgumentForm::parents, ArgumentForm::number};

const std::array<dsl::ActionWord, 2> kActions = {{
    {"scale", kScale, ""},
    {"balance", kBalance, ""},
}};

constexpr std::array<dsl::FunctionWord, 19> kFunctions = {{
    {"abs", FunctionForm::numeric, 1, ""},         {"sqrt", FunctionForm::numeric, 1, ""},
    {"exp2", FunctionForm::numeric, 1, ""},        {"log2", FunctionForm::numeric, 1, ""},
    {"pow2", FunctionForm::numeric, 1, ""},        {"pow", FunctionForm::numeric, 2, ""},
    {"min", FunctionForm::numeric, 2, ""},         {"max", FunctionForm::numeric, 2, ""},
    {"clamp", FunctionForm::numeric, 3, ""},       {"largest", FunctionForm::per_node, 1, ""},
    {"smallest", FunctionForm::per_node, 1, ""},   {"mean", FunctionForm::per_node, 1, ""},
    {"sum", FunctionForm::per_node, 1, ""},        {"across", FunctionForm::collect_classes, 2, ""},
    {"overall", FunctionForm::collect_all, 2, ""}, {"grouped", FunctionForm::collect_groups, 3, ""},
    {"channel", FunctionForm::channels, 1, ""},    {"count", FunctionForm::count, 1, ""},
    {"stats", FunctionForm::data, 1, ""},
}};

constexpr std::array<std::string_view, 4> kStatistics = {"min", "max", "mean", "std"};
constexpr std::array<std::string_view, 3> kReductions = {"max", "min", "mean"};

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned kParents = bit(Role::parents), kChildren = bit(Role::children), kRegion = bit(Role::region);
constexpr unsigned kNodes = kParents | kChildren | bit(Role::join);

constexpr std::array<dsl::FieldWord, 13> kFields = {{
    {"min", Kind::number, FieldAbout::channel, kParents, ""},
    {"max", Kind::number, FieldAbout::channel, kParents, "", true},
    {"weight", Kind::number, FieldAbout::channel, kParents | kChildren, ""},
    {"bias", Kind::number, FieldAbout::channel, kParents, ""},
    {"name", Kind::text, FieldAbout::node, kNodes, ""},
    {"op", Kind::text, FieldAbout::node, kNodes, ""},
    {"channels", Kind::number, FieldAbout::node, kNodes, ""},
    {"stat", Kind::number, FieldAbout::channel, kParents, "", true, true},
    {"shape", Kind::list, FieldAbout::node, kNodes, ""},
    {"reads_input", Kind::condition, FieldAbout::node, kNodes, ""},
    {"size", Kind::number, FieldAbout::region, kRegion, ""},
    {"min", Kind::number, FieldAbout::region_class, kRegion, ""},
    {"max", Kind::number, FieldAbout::region_class, kRegion, "", true},
}};

using dsl::PatternKind;
constexpr std::array<PatternKind, 1> kNumeric = {PatternKind::numeric};
constexpr std::array<PatternKind, 2> kNumericAndList = {PatternKind::numeric, PatternKind::list};
constexpr std::array<PatternKind, 2> kNumericAndNumber = {PatternKind::numeric, PatternKind::number};
constexpr std::array<PatternKind, 2> kOperationAndNumeric = {PatternKind::operation, PatternKind::numeric};
constexpr std::array<PatternKind, 2> kNumberAndNumeric = {PatternKind::number, PatternKind::numeric};
constexpr std::array<PatternKind, 1> kText = {PatternKind::text};
constexpr std::array<PatternKind, 1> kTensor = {PatternKind::tensor};
constexpr std::array<PatternKind, 1> kAnything = {PatternKind::anything};
constexpr std::array<PatternKind, 1> kRest = {PatternKind::rest};
constexpr std::array<PatternKind, 1> kList = {PatternKind::list};

constexpr std::array kPatternFunctions = std::to_array<dsl::PatternFunctionWord>({
    {"sqrt", kNumeric, 1, 1, PatternKind::numeric, ""},
    {"max", kNumeric, 2, 2, PatternKind::numeric, ""},
    {"floor", kNumeric, 1, 1, PatternKind::numeric, ""},
    {"transpose", kNumericAndList, 2, 2, PatternKind::constant, "transpose(w, perm): w with its axes in this order"},
    {"concat", kNumberAndNumeric, 2, 64, PatternKind::constant, "concat(axis, a, b, ...)"},
    {"sum", kNumericAndNumber, 2, 2, PatternKind::constant, ""},
    {"mean", kNumericAndNumber, 2, 2, PatternKind::constant, ""},
    {"per_output", kOperationAndNumeric, 2, 2, PatternKind::constant, ""},
    {"wider", kText, 2, 2, PatternKind::condition, ""},
    {"has", kTensor, 1, 1, PatternKind::condition, ""},
    {"known", kAnything, 1, 1, PatternKind::condition, ""},
    {"length", kRest, 1, 1, PatternKind::number, ""},
    {"product", kList, 1, 1, PatternKind::number, ""},
});

constexpr std::array kPatternFields = std::to_array<dsl::PatternFieldWord>({
    {"rank", false, PatternKind::number, ""},
    {"shape", false, PatternKind::list, ""},
    {"dtype", false, PatternKind::text, ""},
    {"min", false, PatternKind::number, "", true},
    {"name", true, PatternKind::text, ""},
    {"op", true, PatternKind::text, ""},
});

constexpr std::array<dsl::AttributeWord, 3> kConv = {
    {{"group", Kind::number}, {"auto_pad", Kind::text}, {"pads", std::nullopt}}};
constexpr std::array<dsl::AttributeWord, 1> kGemm = {{{"transB", Kind::number}}};
constexpr std::array<dsl::AttributeWord, 4> kPool = {
    {{"axis", Kind::number}, {"kernel_shape", std::nullopt}, {"mode", Kind::text}, {"to", Kind::number}}};
constexpr std::array<dsl::AttributeWord, 1> kConcat = {{{"axis", Kind::number}}};
constexpr std::array<dsl::AttributeWord, 1> kTranspose = {{{"perm", std::nullopt}}};
constexpr std::array<dsl::AttributeWord, 2> kPad = {{{"pads", std::nullopt}, {"mode", Kind::text}}};
constexpr std::array<dsl::AttributeWord, 1> kNormalization = {{{"epsilon", Kind::number}}};
constexpr std::array<dsl::AttributeWord, 2> kClip = {{{"min", Kind::number}, {"max", Kind::number}}};

constexpr std::array<std::pair<std::string_view, std::span<const dsl::AttributeWord>>, 21> kOperators = {{
    {"Conv", kConv},
    {"ConvTranspose", kConv},
    {"com.microsoft::FusedConv", kConv},
    {"Gemm", kGemm},
    {"BatchNormalization", kNormalization},
    {"Transpose", kTranspose},
    {"Pad", kPad},
    {"Mul", {}},
    {"Div", {}},
    {"HardSwish", {}},
    {"Split", kConcat},
    {"Cast", {}},
    {"Relu", {}},
    {"Identity", {}},
    {"MaxPool", kPool},
    {"Clip", kClip},
    {"Add", {}},
    {"Sum", {}},
    {"Concat", kConcat},
    {"Softmax", {}},
    {"Upsample", {}},
}};

std::optional<std::span<const dsl::AttributeWord>> attributes(std::string_view op) {
  for (const auto& [name, words] : kOperators) {
    if (name == op) return words;
  }
  return std::nullopt;
}

std::vector<std::string> operators() {
  std::vector<std::string> out;
  out.reserve(kOperators.size());
  for (const auto& row : kOperators) out.emplace_back(row.first);
  return out;
}

std::optional<dsl::OperatorSets> operator_sets(std::string_view op) {
  if (op == "HardSwish") return dsl::OperatorSets{14, 0};
  if (op == "Upsample") return dsl::OperatorSets{1, 9};
  return std::nullopt;
}

}  // namespace

const std::string_view kSmallStd = R"(op Conv, ConvTranspose, Gemm law linear
op com.microsoft::FusedConv law linear
op BatchNormalization law affine
op Relu, Identity law pass elementwise
op MaxPool law pass
op Clip law pass elementwise where min == 0
op Add, Sum law join
op Concat law concat
function range(p) = max(abs(p.min), abs(p.max))
)";

// What a setting is without a kind is a list as an attribute.
std::optional<std::span<const dsl::AttributeWord>> attributes_with_lists(std::string_view op) {
  static std::map<std::string, std::vector<dsl::AttributeWord>, std::less<>> all;
  const auto settings = attributes(op);
  if (!settings) return std::nullopt;
  const auto [found, fresh] = all.try_emplace(std::string(op));
  for (std::size_t i = 0; fresh && i < settings->size(); ++i)
    found->second.push_back({(*settings)[i].name, (*settings)[i].kind.value_or(Kind::list)});
  return found->second;
}

const dsl::Vocabulary& small_vocabulary() {
  static const dsl::Vocabulary vocabulary = {.laws = kLaws,
                                             .actions = kActions,
                                             .functions = kFunctions,
                                             .reductions = kReductions,
                                             .fields = kFields,
                                             .pattern_functions = kPatternFunctions,
                                             .pattern_fields = kPatternFields,
                                             .attributes = attributes_with_lists,
                                             .settings = attributes,
                                             .operators = operators,
                                             .statistics = kStatistics,
                                             .newest_operator_set = 24,
                                             .operator_sets = operator_sets};
  return vocabulary;
}

dsl::Loaded Shelf::load(const std::vector<std::string>& names) const {
  dsl::Library library;
  library.read = [&](const std::string& path, std::string& why) -> std::optional<std::string> {
    const auto found = files.find(path);
    if (found != files.end()) return found->second;
    why = "no such file";
    return std::nullopt;
  };
  library.shipped = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = shipped.find(std::string(name));
    return found != shipped.end() ? std::optional(found->second) : std::nullopt;
  };
  library.shipped_names = [&] {
    std::vector<std::string> out;
    for (const auto& row : shipped) out.push_back(row.first);
    return out;
  };
  return dsl::load(names, library, small_vocabulary());
}

dsl::Loaded load_text(std::string_view text) {
  Shelf shelf;
  shelf.files["mine.dsl"] = text;
  return shelf.load({"mine.dsl"});
}

std::string draw_all(const dsl::Diagnostics& diagnostics, const dsl::Sources& sources) {
  std::string out;
  for (const dsl::Diagnostic& diagnostic : diagnostics) out += draw(diagnostic, sources);
  return out;
}

std::string draw_all(const dsl::Loaded& loaded) { return draw_all(loaded.diagnostics, loaded.sources); }

std::string mistakes(std::string_view text) { return draw_all(load_text(text)); }

std::string times(std::size_t n, std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < n; ++i) out += text;
  return out;
}

std::string in_rule(std::string_view clauses) {
  return fmt::format(
      "rule r1(lo = 1, hi = 20) {{\n"
      "  region r {{ parents Conv, Gemm as p through Relu may join Add as k children Conv as c }}\n"
      "  do scale(p, clamp(1, lo, hi))\n"
      "{}\n}}\n",
      clauses);
}

// ---- shapes ----

namespace {

using namespace dsl::tree;

class ShapeWriter {
 public:
  explicit ShapeWriter(const File& file) : file_(file) {}

  std::string write() {
    for (const Declaration& declaration : file_.declarations) {
      std::visit([&](const auto& what) { one(what); }, declaration.what);
      out_ += '\n';
    }
    return std::move(out_);
  }

 private:
  void word(const Word& w) { out_ += fmt::format("<{}>", w.text); }
  void words(const std::vector<Word>& all) {
    for (const Word& w : all) word(w);
  }
  void maybe(const std::optional<Word>& w) { w ? word(*w) : void(out_ += "-"); }

  void otherwise(const std::optional<Default>& value) {
    if (value) word(value->spelled);
  }

  void found(const std::vector<Alternative>& all) {
    for (const Alternative& each : all) {
      out_ += fmt::format("[{}{}", static_cast<int>(each.form), each.call);
      word(each.name);
      for (const Operand& one : each.operands) operand(one);
      for (const Setting& one : each.settings) {
        word(one.name);
        formula(one.value);
        otherwise(one.otherwise);
      }
      maybe(each.as);
      out_ += ']';
    }
  }

  void operand(const Operand& one) {
    out_ += fmt::format("({}{}", static_cast<int>(one.form), one.rest);
    word(one.name);
    numbers({one.number});
    formula(one.formula);
    found(one.found);
    otherwise(one.otherwise);
    out_ += ')';
  }

  void pattern(const std::vector<PatternLine>& lines) {
    for (const PatternLine& each : lines) {
      out_ += "\n    ";
      for (const Output& output : each.outputs) {
        out_ += fmt::format("{}", static_cast<int>(output.form));
        word(output.name);
      }
      found(each.found);
      formula(each.value);
    }
  }

  void formula(FormulaId id) {
    if (id == kNoFormula) {
      out_ += "()";
      return;
    }
    const Formula& node = file_.formulas[id];
    out_ += fmt::format("({}", static_cast<int>(node.form));
    word(node.word);
    words(node.fields);
    for (const Sign sign : node.signs) {
      if (node.form == Form::and_ || node.form == Form::or_) continue;
      out_ += fmt::format(" {}", static_cast<int>(sign));
    }
    for (const FormulaId operand : node.operands) formula(operand);
    out_ += ')';
  }

  void term(const Term& t) {
    out_ += fmt::format("[{}{}", static_cast<int>(t.form), t.on_channel);
    word(t.name);
    formula(t.guard);
    out_ += ']';
  }
  void terms(const std::vector<Term>& all) {
    for (const Term& t : all) term(t);
  }
  void numbers(const std::vector<NumberArgument>& all) {
    for (const NumberArgument& each : all) out_ += fmt::format("{{{}={}}}", each.name.text, each.value);
  }

  void one(const Use& use) {
    out_ += "use";
    word(use.path);
  }
  void one(const Op& op) {
    out_ += "op";
    words(op.operators);
    word(op.law);
    maybe(op.elementwise);
    numbers(op.parameters);
    formula(op.guard);
    if (op.means) means(*op.means);
  }
  void means(const Means& all) {
    out_ += "means";
    maybe(all.op);
    words(all.params);
    for (const TestLine& each : all.lines) line(each);
  }
  void one(const Set& set) {
    out_ += "set";
    word(set.name);
    terms(set.terms);
  }
  void one(const Function& function) {
    out_ += "function";
    word(function.name);
    for (const FunctionParam& param : function.params) {
      word(param.name);
      if (param.otherwise) numbers({*param.otherwise});
    }
    formula(function.body);
  }
  void one(const Test& test) {
    out_ += "test";
    word(test.rule);
    word(test.title);
    for (const TestLine& each : test.lines) line(each);
  }

  void list(const Numbers& all) {
    out_ += all.list ? "[" : "";
    numbers(all.items);
    out_ += all.list ? "]" : "";
  }

  void line(const TestLine& each) {
    out_ += fmt::format("\n  {}", static_cast<int>(each.form));
    words(each.names);
    word(each.op);
    for (const TestInput& input : each.inputs) {
      out_ += fmt::format(" {}{}", static_cast<int>(input.form), static_cast<int>(input.word));
      word(input.name);
      list(input.numbers);
      if (input.shape) list(*input.shape);
      if (input.type) word(*input.type);
    }
    for (const TestAttribute& attribute : each.attributes) {
      word(attribute.name);
      list(attribute.numbers);
      maybe(attribute.text);
    }
    list(each.numbers);
    for (const TestStatistic& statistic : each.statistics) {
      word(statistic.key);
      list(statistic.numbers);
    }
    for (const auto* who : {&each.parents, &each.children}) {
      out_ += *who ? "+" : "-";
      if (*who) words(**who);
    }
    maybe(each.reason);
    maybe(each.type);
    if (each.values) list(*each.values);
    pattern(each.lines);
  }
  void one(const Rule& rule) {
    out_ += "rule";
    word(rule.name);
    numbers(rule.params);
    maybe(rule.doc);
    for (const Clause& c : rule.clauses) clause(c);
  }

  void clause(const Clause& c) {
    out_ += fmt::format("\n  {}", static_cast<int>(c.form));
    word(c.name);
    for (const RegionClause& part : c.region) {
      out_ += fmt::format("\n    {}", static_cast<int>(part.form));
      terms(part.terms);
      terms(part.excepted);
      maybe(part.as);
    }
    pattern(c.lines);
    formula(c.expr);
    maybe(c.reason);
    for (const FormulaId argument : c.arguments) formula(argument);
    numbers({c.count, c.change});
  }

  const File& file_;
  std::string out_;
};

}  // namespace

std::string shape_of(const dsl::tree::File& file) { return ShapeWriter(file).write(); }

}  // namespace rw::test

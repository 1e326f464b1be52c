// One test, line by line: every name is there, every number fits, and the network stays small.
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "dsl/check/check.hpp"
#include "dsl/check/formula_parts.hpp"
#include "dsl/check/wanted.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

constexpr double kLargestWhole = 2147483647;    // of a whole number in a test
constexpr double kMostOfAttribute = 1'000'000;  // product of the sizes that an attribute lists

bool is_whole(double value) { return value == std::floor(value) && std::abs(value) <= kLargestWhole; }

class TestChecker {
 public:
  TestChecker(CheckContext& context, const tree::File& file, const tree::Test& tree)
      : context_(context), file_(file), tree_(tree) {
    test_.title = tree.title.text;
  }

  RuleTest check() {
    test_.at = tree_.title.at;
    for (const tree::TestLine& line : tree_.lines)
      if (line.form == tree::TestWord::input || line.form == tree::TestWord::node)
        for (const tree::Word& name : line.names) later_.emplace(name.text, name.at);
    for (const tree::TestLine& line : tree_.lines) {
      using Handler = void (TestChecker::*)(const tree::TestLine&);
      static constexpr std::array<Handler, 14> kHandlers = {
          &TestChecker::input,     &TestChecker::output,   &TestChecker::seed,   &TestChecker::opset,
          &TestChecker::calibrate, &TestChecker::stats,    &TestChecker::node,   &TestChecker::match,
          &TestChecker::scale,     &TestChecker::no_match, &TestChecker::within, &TestChecker::becomes,
          &TestChecker::operators, &TestChecker::same};
      (this->*kHandlers[static_cast<std::size_t>(line.form)])(line);
    }
    check_operator_sets();
    const auto lacks = [&](bool there, std::string_view what, std::string_view hint) {
      if (!there) error("missing-clause", tree_.title.at, fmt::format("this test has no {}", what), std::string(hint));
    };
    lacks(!test_.inputs.empty(), "`input`", "name one with its shape: input x [1, 3, 8, 8]");
    lacks(!test_.outputs.empty(), "`output`", "name what the network gives: output y");
    lacks(!test_.expectations.empty(), "`expect`", "say what must come out: expect match, or expect no match");
    return std::move(test_);
  }

  RuleTest check_body(const tree::Means& means) {
    test_.at = means.at;
    for (const tree::TestLine& line : means.lines)
      for (const tree::Word& name : line.names) later_.emplace(name.text, name.at);
    for (const tree::Word& param : means.params) {
      define(param, false);
      test_.inputs.push_back({param.text, {}, true});
    }
    for (const tree::TestLine& line : means.lines) node(line);
    if (!means.lines.empty())
      for (const tree::Word& name : means.lines.back().names) test_.outputs.push_back(name.text);
    return std::move(test_);
  }

 private:
  void error(std::string_view code, Position at, std::string message, std::string hint = "") {
    context_.reporter.error(code, at, std::move(message), std::move(hint));
  }

  // ---- names ----

  void define(const tree::Word& word, bool is_node) {
    const auto [there, fresh] = tensors_.emplace(word.text, Known{word.at, is_node});
    if (fresh) return;
    error("duplicate-name", word.at, fmt::format("a tensor '{}' is there already", word.text),
          fmt::format("in line {}: choose another name", context_.sources.locate(there->second.at).line));
  }

  bool is_known(const tree::Word& word) {
    if (tensors_.contains(word.text)) return true;
    if (const auto later = later_.find(word.text); later != later_.end()) {
      error("not-yet-known", word.at, fmt::format("tensor '{}' is read before it is there", word.text),
            fmt::format("line {} makes it", context_.sources.locate(later->second).line));
      return false;
    }
    std::vector<std::string_view> names;
    for (const auto& [name, known] : tensors_) names.push_back(name);
    std::sort(names.begin(), names.end());
    error("unknown-name", word.at, fmt::format("unknown tensor '{}'", word.text), meant_or_all(word.text, names));
    return false;
  }

  // An operator is called like its first output.
  bool is_node(const tree::Word& word) {
    if (!is_known(word)) return false;
    if (tensors_.at(word.text).is_node) return true;
    error("wrong-name", word.at, fmt::format("'{}' is no operator", word.text),
          "an operator is called like its first output");
    return false;
  }

  std::vector<std::string> nodes(const std::vector<tree::Word>& words) {
    std::vector<std::string> out;
    for (const tree::Word& word : words)
      if (is_node(word)) out.push_back(word.text);
    return out;
  }

  // ---- numbers ----

  static std::vector<double> values(const tree::Numbers& numbers) {
    std::vector<double> out;
    for (const tree::NumberArgument& item : numbers.items) out.push_back(item.value);
    return out;
  }

  // Empty after an error; a shape without dimensions (of one element) cannot be told from it and is as good.
  TestShape shape(const tree::Numbers& numbers) {
    if (!numbers.list) {
      error("wrong-kind", numbers.at, "a shape stands in brackets",
            fmt::format("write [{}]", numbers.items[0].spelled.text));
      return {};
    }
    TestShape out;
    double count = 1;
    for (const tree::NumberArgument& item : numbers.items) {
      if (item.value < 0 || !is_whole(item.value)) {
        error("out-of-range", item.spelled.at, "a dimension is a whole number from 0 on",
              "write 1 for a size that is open");
        return {};
      }
      count *= item.value;
      out.push_back(static_cast<std::int64_t>(item.value));
    }
    if (out.size() <= 8 && count <= static_cast<double>(kMaxTestElements)) return out;
    error("too-large", numbers.at,
          fmt::format("a tensor of a test has at most 8 dimensions and {} elements", kMaxTestElements),
          "a small network shows it as well: make it smaller");
    return {};
  }

  // ---- the network ----

  void input(const tree::TestLine& line) {
    define(line.names[0], false);
    TestInput out{line.names[0].text, shape(line.numbers)};
    if (line.type) out.type = line.type->text;
    if (line.values) {
      out.values = values(*line.values);
      if (out.values->size() != count(out.shape))
        error("wrong-count", line.values->at,
              fmt::format("{} values for a shape of {} elements", out.values->size(), count(out.shape)),
              fmt::format("write {} of them", count(out.shape)));
      check_type(*line.values, out.type);
    }
    test_.inputs.push_back(std::move(out));
  }

  void output(const tree::TestLine& line) {
    for (const tree::Word& name : line.names) {
      if (!is_known(name)) continue;
      if (std::find(test_.outputs.begin(), test_.outputs.end(), name.text) != test_.outputs.end())
        error("duplicate-name", name.at, fmt::format("'{}' is an output already", name.text), "name it once");
      test_.outputs.push_back(name.text);
      test_.output_at.push_back(name.at);
    }
  }

  void seed(const tree::TestLine& line) {
    const tree::Numbers& numbers = line.numbers;
    if (numbers.list || numbers.items[0].value < 0 || !is_whole(numbers.items[0].value))
      error("out-of-range", numbers.at, "a seed is one whole number from 0 on", "write seed 7");
    else
      test_.seed = static_cast<std::uint64_t>(numbers.items[0].value);
    if (seeded_) error("duplicate-clause", line.word, "`seed` stands twice", "take one of them out");
    seeded_ = true;
  }

  void opset(const tree::TestLine& line) {
    const std::int64_t newest = context_.vocabulary.newest_operator_set;
    const tree::Numbers& numbers = line.numbers;
    const double value = numbers.items.size() == 1 ? numbers.items[0].value : static_cast<double>(kTestOperatorSet);
    const double nearest = std::clamp(std::floor(value), 1.0, static_cast<double>(newest));
    if (numbers.list || value != nearest)
      error("out-of-range", numbers.at, fmt::format("an operator set is one whole number from 1 to {}", newest),
            fmt::format("write opset {}", nearest));
    else
      test_.opset = static_cast<std::int64_t>(value);
    if (has_opset_) error("duplicate-clause", line.word, "`opset` stands twice", "take one of them out");
    has_opset_ = true;
  }

  // Of operators that the operator set of the network does not have.
  void check_operator_sets() {
    for (const tree::TestLine& line : tree_.lines) {
      if (line.form != tree::TestWord::node) continue;
      const auto sets = context_.vocabulary.operator_sets(line.op.text);
      if (!sets || sets->has(test_.opset)) continue;
      const bool early = test_.opset < sets->since;
      error("out-of-range", line.op.at, fmt::format("there is no {} in operator set {}", line.op.text, test_.opset),
            fmt::format("it is there {0} operator set {1}{2}: {3} `opset {1}`", early ? "from" : "up to",
                        early ? sets->since : sets->until, early ? " on" : "", has_opset_ ? "write" : "add the line"));
    }
  }

  void calibrate(const tree::TestLine& line) {
    if (test_.calibrate) error("duplicate-clause", line.word, "`calibrate` stands twice", "take one of them out");
    test_.calibrate = true;
  }

  void stats(const tree::TestLine& line) {
    TestStatistics out;
    out.tensor = line.names[0].text;
    out.at = line.at;
    is_known(line.names[0]);
    const tree::TestStatistic *min = nullptr, *max = nullptr;
    bool fine = true;
    for (const tree::TestStatistic& each : line.statistics) {
      if (!is_fresh_key(line, each)) {
        fine = false;
        continue;
      }
      if (each.key.text == "min")
        min = &each;
      else if (each.key.text == "max")
        max = &each;
      else
        out.others.push_back({each.key.text, values(each.numbers)});
    }
    if (!fine) return;
    if (max == nullptr)
      return error("missing-clause", line.word, "these statistics have no `max`",
                   "the largest value of each channel: max [1, 2]");
    out.max = values(max->numbers);
    out.min = min == nullptr ? std::vector<double>(out.max.size(), 0.0) : values(min->numbers);
    if (out.max.empty())
      return error("wrong-count", max->numbers.at, "a value for each channel is wanted", "max [1, 2]");
    for (const tree::TestStatistic& each : line.statistics)
      if (each.numbers.items.size() != out.max.size())
        return error("wrong-count", each.numbers.at,
                     fmt::format("{} value{} here, {} behind `max`", each.numbers.items.size(),
                                 each.numbers.items.size() == 1 ? "" : "s", out.max.size()),
                     "one for each channel");
    for (std::size_t i = 0; i < out.max.size(); ++i)
      if (out.min[i] > out.max[i])
        return error("out-of-range", max->numbers.items[i].spelled.at,
                     fmt::format("the largest value {} is below the smallest, {}", out.max[i], out.min[i]),
                     min ? "`min` is the smaller one" : "without `min` the smallest is 0");
    test_.statistics.push_back(std::move(out));
  }

  // A statistic that is known, and was not given before.
  bool is_fresh_key(const tree::TestLine& line, const tree::TestStatistic& statistic) {
    const std::string& key = statistic.key.text;
    const auto known = context_.vocabulary.statistics;
    if (std::find(known.begin(), known.end(), key) == known.end() && !is_percentile(key)) {
      std::string hint = did_you_mean(key, {known.begin(), known.end()});
      if (hint.empty()) hint = fmt::format("there are percentiles, as \"p99.9\", and {}", fmt::join(known, ", "));
      error("unknown-name", statistic.key.at, fmt::format("nobody knows statistic '{}'", key), std::move(hint));
      return false;
    }
    const auto first = std::find_if(line.statistics.begin(), line.statistics.end(),
                                    [&](const tree::TestStatistic& each) { return each.key.text == key; });
    if (&*first == &statistic) return true;
    error("duplicate-name", statistic.key.at, fmt::format("'{}' is given twice", key), "take one of them out");
    return false;
  }

  void node(const tree::TestLine& line) {
    TestNode out;
    out.op = line.op.text;
    out.at = line.at;
    if (context_.used_operators.insert(fmt::format("{}:{}", line.op.at.source, line.op.text)).second)
      context_.operator_uses.push_back({line.op.text, line.op.at});
    const std::string& name = line.names[0].text;
    for (const tree::TestInput& each : line.inputs) out.inputs.push_back(input_name(name, each));
    for (const tree::TestAttribute& each : line.attributes) attribute(each, out);
    for (const tree::Word& word : line.names) {
      define(word, &word == &line.names[0]);
      out.outputs.push_back(word.text);
    }
    if (test_.nodes.size() == kMaxTestNodes)
      error("too-large", line.at, fmt::format("a test has at most {} operators", kMaxTestNodes),
            "a small network shows it as well: make it smaller");
    if (test_.nodes.size() <= kMaxTestNodes) test_.nodes.push_back(std::move(out));
  }

  std::string input_name(const std::string& node, const tree::TestInput& input) {
    using Form = tree::TestInput::Form;
    if (input.form == Form::none) return "";
    if (input.form == Form::tensor) return is_known(input.name) ? input.name.text : "";
    TestConstant out;
    out.name = fmt::format("{}.{}", node, input.name.text);
    for (int i = 2; std::any_of(test_.constants.begin(), test_.constants.end(),
                                [&](const TestConstant& each) { return each.name == out.name; });
         ++i)
      out.name = fmt::format("{}.{}_{}", node, input.name.text, i);
    constant(input, out);
    test_.constants.push_back(out);
    return out.name;
  }

  void constant(const tree::TestInput& input, TestConstant& out) {
    using Word = tree::ConstantWord;
    if (input.type) out.type = input.type->text;
    const bool written = input.word == Word::values || input.word == Word::integers;
    if (!written) {
      out.form = input.word == Word::positive ? TestConstant::Form::positive : TestConstant::Form::random;
      out.shape = shape(input.numbers);
      if (input.shape)
        error("misplaced", input.shape->at, fmt::format("`{}` is given by its shape alone", input.name.text),
              "values have a shape behind them: values [1, 2] shape [2, 1]");
      if (is_integer(out.type))
        error("wrong-kind", input.type->at, fmt::format("`{}` is of a type of floats", input.name.text),
              "integers are written down: values [1, 2] int32");
    } else {
      out.form = input.word == Word::values ? TestConstant::Form::values : TestConstant::Form::integers;
      out.values = values(input.numbers);
      if (input.shape)
        out.shape = shape(*input.shape);
      else if (input.numbers.list)
        out.shape = {static_cast<std::int64_t>(out.values.size())};
      check_values(input, out);
    }
    elements_ += count(out.shape);
    if (elements_ > kMaxTestConstants)
      error("too-large", input.at, fmt::format("the constants of a test have at most {} elements", kMaxTestConstants),
            "a small network shows it as well: make it smaller");
  }

  void check_values(const tree::TestInput& input, const TestConstant& out) {
    if ((out.values.empty() && count(out.shape) > 0) || out.values.size() > kMaxTestElements)
      error("wrong-count", input.numbers.at, fmt::format("1 to {} values are wanted", kMaxTestElements),
            "values [1, 2, 3], or values 6");
    else if (count(out.shape) != out.values.size())
      error("wrong-count", input.numbers.at,
            fmt::format("{} values for a shape of {} elements", out.values.size(), count(out.shape)),
            fmt::format("write {} of them", count(out.shape)));
    check_type(input.numbers, out.type);
    if (out.form != TestConstant::Form::integers) return;
    if (!out.type.empty() && !is_integer(out.type))
      error("wrong-kind", input.type->at, fmt::format("`integers` are no {}", out.type), "write `values`");
    for (const tree::NumberArgument& item : input.numbers.items)
      if (!is_whole(item.value))
        error("wrong-kind", item.spelled.at, "`integers` are whole numbers", "write `values` for others");
  }

  static bool is_integer(const std::string& type) { return !type.empty() && type.find("float") == std::string::npos; }

  void check_type(const tree::Numbers& numbers, const std::string& type) {
    if (!is_integer(type)) return;
    for (const tree::NumberArgument& item : numbers.items) {
      if (type == "bool" && item.value != 0 && item.value != 1)
        error("out-of-range", item.spelled.at, "a bool is 0 or 1", "write 0 or 1");
      else if (!is_whole(item.value))
        error("wrong-kind", item.spelled.at, fmt::format("values of type {} are whole numbers", type),
              "write whole numbers, or another type");
    }
  }

  static std::size_t count(const TestShape& shape) {
    std::size_t out = 1;
    for (const std::int64_t dim : shape) out *= static_cast<std::size_t>(dim);
    return out;
  }

  void attribute(const tree::TestAttribute& attribute, TestNode& node) {
    const std::string& name = attribute.name.text;
    const auto known = context_.vocabulary.attributes(node.op);
    if (known && std::none_of(known->begin(), known->end(), [&](const auto& row) { return row.name == name; }))
      error("unknown-name", attribute.name.at, fmt::format("{} has no attribute '{}'", node.op, name),
            meant_or_all(name, words_of(*known)));
    if (std::any_of(node.attributes.begin(), node.attributes.end(), [&](auto& each) { return each.name == name; }))
      error("duplicate-name", attribute.name.at, fmt::format("attribute '{}' is given twice", name),
            "take one of them out");
    if (attribute.text) {
      node.attributes.push_back({name, attribute.text->text});
      return;
    }
    const std::vector<double> all = values(attribute.numbers);
    // As in a model: a float has a point or an exponent.
    const bool whole = std::all_of(
        attribute.numbers.items.begin(), attribute.numbers.items.end(),
        [](const tree::NumberArgument& item) { return item.spelled.text.find_first_of(".eE") == std::string::npos; });
    double product = 1;
    for (const double value : all) {
      product *= std::max(1.0, std::abs(value));
      if (whole && !is_whole(value)) product = INFINITY;
    }
    if (whole && product > kMostOfAttribute) {
      error("out-of-range", attribute.numbers.at,
            fmt::format("too large for a test: '{}' of a small network is small", name),
            "a small network shows it as well");
      return;
    }
    const std::vector<std::int64_t> integers =
        whole ? std::vector<std::int64_t>(all.begin(), all.end()) : std::vector<std::int64_t>();
    if (attribute.numbers.list && whole)
      node.attributes.push_back({name, integers});
    else if (attribute.numbers.list)
      node.attributes.push_back({name, all});
    else if (whole)
      node.attributes.push_back({name, integers[0]});
    else
      node.attributes.push_back({name, all[0]});
  }

  // ---- what must come out ----

  void match(const tree::TestLine& line) {
    Expectation out;
    out.at = line.at;
    if (line.parents) out.parents = nodes(*line.parents);
    if (line.children) out.children = nodes(*line.children);
    test_.expectations.push_back(std::move(out));
  }

  void scale(const tree::TestLine& line) {
    Expectation out;
    out.form = Expectation::Form::scale;
    out.at = line.at;
    is_node(line.names[0]);
    out.node = line.names[0].text;
    out.scale = values(line.numbers);
    if (out.scale.empty())
      error("wrong-count", line.numbers.at, "a scale for each channel is wanted",
            "expect scale a [1, 2], or one for all: expect scale a 2");
    for (const tree::NumberArgument& item : line.numbers.items)
      if (item.value <= 0) error("out-of-range", item.spelled.at, "a scale is > 0", "what keeps its scale has scale 1");
    test_.expectations.push_back(std::move(out));
  }

  void no_match(const tree::TestLine& line) {
    Expectation out;
    out.form = Expectation::Form::no_match;
    out.at = line.at;
    if (!line.names.empty() && is_node(line.names[0])) out.node = line.names[0].text;
    if (line.reason) out.reason = line.reason->text;
    test_.expectations.push_back(std::move(out));
  }

  void within(const tree::TestLine& line) {
    if (test_.within) error("duplicate-clause", line.word, "`expect within` stands twice", "take one of them out");
    const std::vector<double> all = values(line.numbers);
    if (all.size() != 1)
      return error("wrong-count", line.numbers.at, "one number is wanted", "write expect within 0.01");
    if (!(all[0] > 0 && all[0] <= 1))
      return error("out-of-range", line.numbers.at,
                   "an output may move by a part of its largest value: more than 0, at most 1",
                   "write expect within 0.01");
    test_.within = all[0];
  }

  void becomes(const tree::TestLine& line) {
    Expectation out;
    out.form = Expectation::Form::becomes;
    out.at = line.at;
    std::vector<std::string_view> names;
    for (const auto& [name, known] : tensors_) names.push_back(name);
    out.becomes = check_wanted(context_, file_, names, line.lines);
    test_.expectations.push_back(std::move(out));
  }

  void same(const tree::TestLine& line) {
    Expectation out;
    out.form = Expectation::Form::same;
    out.at = line.at;
    for (const tree::Word& name : line.names)
      if (is_known(name)) out.tensors.push_back(name.text);
    if (out.tensors.size() == 2 && out.tensors[0] == out.tensors[1])
      error("wrong-name", line.names[1].at, "a tensor is the same as itself", "name another one");
    test_.expectations.push_back(std::move(out));
  }

  void operators(const tree::TestLine& line) {
    Expectation out;
    out.form = Expectation::Form::operators;
    out.at = line.at;
    for (const tree::Word& name : line.names) out.operators.push_back(name.text);
    test_.expectations.push_back(std::move(out));
  }

  struct Known {
    Position at;
    bool is_node;
  };

  CheckContext& context_;
  const tree::File& file_;
  const tree::Test& tree_;
  RuleTest test_;
  NameTable<Known> tensors_;
  NameTable<Position> later_;
  std::size_t elements_ = 0;
  bool seeded_ = false, has_opset_ = false;
};

}  // namespace

RuleTest check_body(CheckContext& context, const tree::File& file, const tree::Means& means) {
  const tree::Test none;
  return TestChecker(context, file, none).check_body(means);
}

RuleTest check_test(CheckContext& context, const tree::File& file, const tree::Test& test) {
  return TestChecker(context, file, test).check();
}

}  // namespace rw::dsl

#include "dsl/syntax/print.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "dsl/syntax/print_parts.hpp"
#include "dsl/syntax/tokens.hpp"

namespace rw::dsl {

namespace {

constexpr std::string_view kRegionWords[] = {"parents", "children", "through",      "must through",
                                             "join",    "may join", "leak     pin", "leak     reject"};
constexpr std::string_view kWordLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
constexpr std::size_t kRegionWordWidth = 8;  // of the longest: what follows lines up

class Printer {
 public:
  Printer(const tree::File& file, const Sources& sources)
      : file_(file), text_(sources[file.source].text), comments_(comments_of(text_, file.source)) {}

  std::string print() {
    for (const tree::Declaration& declaration : file_.declarations) print_declaration(declaration);
    while (next_ < comments_.size()) top_comment();
    return std::move(out_);
  }

 private:
  // ---- comments and blank lines ----

  std::string_view comment_text(Position at) const { return text_.substr(at.offset, at.length); }
  static std::uint32_t end_of(Position at) { return at.offset + at.length; }

  // Only blanks (or `more`) up to the line's end stand between a piece and a comment.
  bool stands_behind(Position comment, std::uint32_t end, std::string_view more) const {
    if (comment.offset < end) return false;
    const std::string_view between = text_.substr(end, comment.offset - end);
    return std::all_of(between.begin(), between.end(),
                       [&](char c) { return c == ' ' || c == '\t' || more.find(c) != std::string_view::npos; });
  }

  // Ends a line of text, with the comment that stands behind what was printed.
  void end_line(std::uint32_t end, std::string_view more = "") {
    if (next_ < comments_.size() && stands_behind(comments_[next_], end, more)) {
      const Position comment = comments_[next_++];
      out_ += fmt::format("  {}", comment_text(comment));
      end = end_of(comment);
    }
    out_ += '\n';
    last_end_ = std::max(last_end_, end);
  }

  void comments_before(std::uint32_t end, std::size_t indent) {
    for (; next_ < comments_.size() && comments_[next_].offset < end; ++next_) {
      out_ += fmt::format("{:{}}{}\n", "", indent, comment_text(comments_[next_]));
    }
  }

  // Whether the text has an empty line behind what was printed last.
  bool empty_line_follows() const {
    const std::size_t end = std::min(text_.find_first_not_of(" \t\r\n\v\f", last_end_), text_.size());
    return std::count(text_.begin() + last_end_, text_.begin() + static_cast<std::ptrdiff_t>(end), '\n') > 1;
  }

  void top_blank(bool forced) {
    if (!out_.empty() && (forced || empty_line_follows())) out_ += '\n';
  }

  void top_comment(bool forced = false) {
    top_blank(forced);
    const Position comment = comments_[next_++];
    out_ += fmt::format("{}\n", comment_text(comment));
    last_end_ = std::max(last_end_, end_of(comment));
  }

  // ---- lists ----

  std::size_t column() const { return out_.size() - (out_.find_last_of('\n') + 1); }  // npos + 1 is 0

  // Items with commas between them; a line that is full goes on under the first item.
  void list(const std::vector<std::string>& items) {
    const std::size_t first = column();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const std::size_t comma = i + 1 < items.size() ? 1 : 0;
      if (i > 0 && column() + 1 + items[i].size() + comma > kLineWidth) {
        out_ += '\n' + std::string(first, ' ');
      } else if (i > 0) {
        out_ += ' ';
      }
      out_ += items[i];
      if (comma > 0) out_ += ',';
    }
  }

  std::string term_text(const tree::Term& term) const {
    std::string out = term.form == tree::TermForm::law ? "law " + term.name.text : term.name.text;
    if (term.on_channel) out += " on channel";
    if (term.guard != tree::kNoFormula) out += " where " + print_formula(file_, term.guard);
    return out;
  }

  void list(const std::vector<tree::Term>& all) {
    std::vector<std::string> items;
    items.reserve(all.size());
    for (const tree::Term& term : all) items.push_back(term_text(term));
    list(items);
  }

  void terms(const std::vector<tree::Term>& all, const std::vector<tree::Term>& excepted) {
    list(all);
    if (excepted.empty()) return;
    out_ += " except ";
    list(excepted);
  }

  void numbers(const std::vector<tree::NumberArgument>& all) {
    if (all.empty()) return;
    std::vector<std::string> items;
    items.reserve(all.size());
    for (const tree::NumberArgument& each : all)
      items.push_back(fmt::format("{} = {}", each.name.text, each.spelled.text));
    out_ += '(';
    list(items);
    out_ += ')';
  }

  void as(const std::optional<tree::Word>& name) {
    if (name) out_ += " as " + name->text;
  }

  // ---- declarations ----

  void print_declaration(const tree::Declaration& declaration) {
    const bool block =
        std::holds_alternative<tree::Rule>(declaration.what) || std::holds_alternative<tree::Test>(declaration.what);
    bool forced = block || after_block_;
    const std::uint32_t until = comments_move_before(declaration);
    while (next_ < comments_.size() && comments_[next_].offset < until) top_comment(std::exchange(forced, false));
    top_blank(forced);
    last_end_ = std::max(last_end_, declaration.at.offset);
    std::visit([&](const auto& what) { print_one(what, declaration.at); }, declaration.what);
    end_line(end_of(declaration.at));
    after_block_ = block;
  }

  static std::uint32_t head_end(const tree::Rule& rule) {
    return end_of(rule.params.empty() ? rule.name.at : rule.params.back().spelled.at);
  }

  // Comments up to here come before the declaration: all inside of it but those in a block, which stay in their places.
  static std::uint32_t comments_move_before(const tree::Declaration& declaration) {
    if (const auto* rule = std::get_if<tree::Rule>(&declaration.what)) return head_end(*rule);
    if (const auto* test = std::get_if<tree::Test>(&declaration.what)) return end_of(test->title.at);
    if (const auto* op = std::get_if<tree::Op>(&declaration.what); op && op->means && !op->means->op)
      return end_of(op->means->params.back().at);
    return end_of(declaration.at);
  }

  void print_one(const tree::Use& use, Position) {
    out_ += fmt::format("{} {}{}", use.runs ? "include" : "use", quote(use.path.text),
                        use.as_far_as_exact ? " as far as exact" : "");
  }

  void print_one(const tree::Op& op, Position) {
    out_ += "op ";
    std::vector<std::string> items;
    for (const tree::Word& word : op.operators) items.push_back(word.text);
    list(items);
    out_ += " law " + op.law.text;
    if (op.elementwise) out_ += " elementwise";
    numbers(op.parameters);
    if (op.guard != tree::kNoFormula) out_ += " where " + print_formula(file_, op.guard);
    if (op.means) means(*op.means);
  }

  void means(const tree::Means& means) {
    out_ += " means ";
    if (means.op) {
      out_ += means.op->text;
      return;
    }
    out_ += '(';
    words(means.params);
    out_ += ") {\n";
    for (const tree::TestLine& line : means.lines) {
      comments_before(end_of(line.at), 2);
      out_ += "  ";
      node(line);
      end_line(end_of(line.at));
    }
    comments_before(end_of(means.at), 2);
    out_ += '}';
  }

  void print_one(const tree::Set& set, Position) {
    out_ += fmt::format("set {} = ", set.name.text);
    terms(set.terms, set.excepted);
  }

  void print_one(const tree::Function& function, Position) {
    out_ += fmt::format("function {}(", function.name.text);
    std::vector<std::string> items;
    for (const tree::FunctionParam& param : function.params)
      items.push_back(param.name.text + (param.otherwise ? " = " + param.otherwise->spelled.text : ""));
    list(items);
    out_ += ") = ";
    out_ += print_wrapped(file_, function.body, column());
  }

  void print_one(const tree::Test& test, Position at) {
    out_ += fmt::format("test {} {} {{", test.rule.text, quote(test.title.text));
    end_line(end_of(test.title.at), "{");
    for (const tree::TestLine& line : test.lines) {
      const bool block = !line.lines.empty() && !fits_line(line.lines, line.word, line.at);
      comments_before(end_of(block ? line.word : line.at), 2);
      out_ += "  ";
      print_line(line);
      end_line(end_of(line.at));
    }
    comments_before(end_of(at), 2);
    out_ += '}';
  }

  void print_one(const tree::Rule& rule, Position at) {
    out_ += fmt::format("rule {}", rule.name.text);
    numbers(rule.params);
    out_ += " {";
    end_line(head_end(rule), "){");
    if (rule.doc) {
      comments_before(end_of(rule.doc->at), 2);
      out_ += "  " + quote(rule.doc->text);
      end_line(end_of(rule.doc->at));
    }
    for (const tree::Clause& clause : rule.clauses) print_clause(clause);
    comments_before(end_of(at), 2);
    out_ += '}';
  }

  // ---- lines of a test ----

  static std::string numbers_text(const tree::Numbers& numbers) {
    std::string out;
    for (const tree::NumberArgument& item : numbers.items) out += (out.empty() ? "" : ", ") + item.spelled.text;
    return numbers.list ? '[' + out + ']' : out;
  }

  void words(const std::vector<tree::Word>& all) {
    std::vector<std::string> items;
    items.reserve(all.size());
    for (const tree::Word& word : all) items.push_back(word.text);
    list(items);
  }

  static std::string input_text(const tree::TestInput& input) {
    if (input.form == tree::TestInput::Form::none) return "none";
    std::string out = input.name.text;
    if (input.form == tree::TestInput::Form::constant) out += " " + numbers_text(input.numbers);
    if (input.type) out += " " + input.type->text;
    if (input.shape) out += " shape " + numbers_text(*input.shape);
    return out;
  }

  void node(const tree::TestLine& line) {
    words(line.names);
    out_ += fmt::format(" = {}(", line.op.text);
    std::vector<std::string> items;
    for (const tree::TestInput& input : line.inputs) items.push_back(input_text(input));
    list(items);
    out_ += ')';
    for (const tree::TestAttribute& each : line.attributes)
      out_ += fmt::format(" {} {}", each.name.text, each.text ? quote(each.text->text) : numbers_text(each.numbers));
  }

  void match(const tree::TestLine& line) {
    out_ += "expect match";
    for (const auto& [word, who] : {std::pair(" parents ", &line.parents), std::pair(" children ", &line.children)}) {
      if (!*who) continue;
      out_ += word;
      words(**who);
    }
  }

  void no_match(const tree::TestLine& line) {
    out_ += "expect no match";
    for (const tree::Word& name : line.names) out_ += " " + name.text;
    if (line.reason) out_ += " " + quote(line.reason->text);
  }

  void print_line(const tree::TestLine& line) {
    constexpr std::string_view kWords[] = {"input ", "output ", "seed ",         "opset ", "calibrate",      "stats ",
                                           "",       "",        "expect scale ", "",       "expect within ", "",
                                           "",       ""};
    out_ += kWords[static_cast<std::size_t>(line.form)];
    using Line = tree::TestWord;
    if (line.form == Line::node) return node(line);
    if (line.form == Line::match) return match(line);
    if (line.form == Line::no_match) return no_match(line);
    if (line.form == Line::becomes) return becomes(line);
    if (line.form == Line::operators) return operators(line);
    if (line.form == Line::same) return same(line);
    words(line.names);
    for (const tree::TestStatistic& each : line.statistics)
      out_ += fmt::format(" {} {}", is_bare(each.key.text) ? each.key.text : quote(each.key.text),
                          numbers_text(each.numbers));
    if (line.numbers.items.empty() && !line.numbers.list) return;
    out_ += (line.names.empty() ? "" : " ") + numbers_text(line.numbers);
    if (line.type) out_ += " " + line.type->text;
    if (line.values) out_ += " values " + numbers_text(*line.values);
  }

  static bool is_bare(const std::string& key) {
    return !key.empty() && key != "seed" && key != "opset" &&
           key.find_first_not_of(kWordLetters) == std::string::npos && (key[0] < '0' || key[0] > '9');
  }

  void same(const tree::TestLine& line) {
    out_ += fmt::format("expect same {} {}", line.names[0].text, line.names[1].text);
  }

  void operators(const tree::TestLine& line) {
    out_ += "expect operators ";
    line.names.empty() ? void(out_ += "none") : words(line.names);
  }

  void becomes(const tree::TestLine& line) { block(line.lines, line.word, line.at, "expect becomes"); }

  // ---- clauses ----

  void print_clause(const tree::Clause& clause) {
    using Handler = void (Printer::*)(const tree::Clause&);
    static constexpr Handler kHandlers[] = {&Printer::region,  &Printer::let,        &Printer::where, &Printer::needs,
                                            &Printer::repeat,  &Printer::again,      &Printer::act,   &Printer::match,
                                            &Printer::replace, &Printer::approximate};
    comments_before(head_end(clause), 2);
    out_ += "  ";
    (this->*kHandlers[static_cast<std::size_t>(clause.form)])(clause);
    end_line(end_of(clause.at));
  }

  // Comments up to here come before the clause; those behind it stay in its block.
  std::uint32_t head_end(const tree::Clause& clause) const {
    if (clause.form == tree::ClauseWord::region) return end_of(clause.name.at);
    return clause.lines.empty() || fits_line(clause.lines, clause.word, clause.at) ? end_of(clause.at)
                                                                                   : end_of(clause.word);
  }

  // ---- match and replace ----

  static std::string output_text(const tree::Output& output) {
    if (output.form == tree::Output::Form::anything) return "_";
    return output.name.text + (output.form == tree::Output::Form::rest ? "..." : "");
  }

  static std::string outputs_text(const tree::PatternLine& line) {
    std::string out;
    for (const tree::Output& output : line.outputs) out += (out.empty() ? "" : ", ") + output_text(output);
    return out + " = ";
  }

  std::string line_text(const tree::PatternLine& line) const {
    if (line.value != tree::kNoFormula) return outputs_text(line) + print_made(file_, line.value);
    std::string out = outputs_text(line);
    const std::vector<std::string> found = print_alternatives(file_, line.found);
    for (std::size_t i = 0; i < found.size(); ++i) out += (i > 0 ? " or " : "") + found[i];
    return out;
  }

  // A block of one line stands on one line where there is room and no comment in it.
  bool fits_line(const std::vector<tree::PatternLine>& lines, Position word, Position at) const {
    const bool test = text_.substr(word.offset, word.length) == "expect";
    const std::size_t around = std::string_view(test ? "  expect becomes {  }" : "  replace {  }").size();
    if (lines.size() != 1 || around + line_text(lines[0]).size() > kLineWidth) return false;
    return std::none_of(comments_.begin() + static_cast<std::ptrdiff_t>(next_), comments_.end(),
                        [&](Position comment) { return comment.offset > word.offset && comment.offset < end_of(at); });
  }

  // Other ways to find what a long line looks for stand below the first one.
  void pattern_line(const tree::PatternLine& line) {
    const std::string text = line_text(line);
    if (line.value != tree::kNoFormula || column() + text.size() <= kLineWidth) {
      out_ += text;
      return;
    }
    out_ += outputs_text(line);
    const std::string indent(column() - 3, ' ');
    const std::vector<std::string> found = print_alternatives(file_, line.found);
    for (std::size_t i = 0; i < found.size(); ++i) out_ += (i > 0 ? "\n" + indent + "or " : "") + found[i];
  }

  void block(const std::vector<tree::PatternLine>& lines, Position word, Position at, std::string_view name) {
    if (fits_line(lines, word, at)) {
      out_ += fmt::format("{:<7} {{ {} }}", name, line_text(lines[0]));
      return;
    }
    out_ += fmt::format("{} {{", name);
    end_line(end_of(word), "becoms{ ");
    for (const tree::PatternLine& line : lines) {
      comments_before(end_of(line.at), 4);
      out_ += "    ";
      pattern_line(line);
      end_line(end_of(line.at));
    }
    comments_before(end_of(at), 4);
    out_ += "  }";
  }
  void match(const tree::Clause& clause) { block(clause.lines, clause.word, clause.at, "match"); }
  void replace(const tree::Clause& clause) { block(clause.lines, clause.word, clause.at, "replace"); }
  void approximate(const tree::Clause& clause) { out_ += "approximate " + quote(clause.reason->text); }

  void region(const tree::Clause& clause) {
    out_ += fmt::format("region {} {{", clause.name.text);
    end_line(end_of(clause.name.at), "{");
    for (const tree::RegionClause& part : clause.region) {
      comments_before(end_of(part.at), 4);
      const std::string_view word = kRegionWords[static_cast<std::size_t>(part.form)];
      const bool leak = part.form >= tree::RegionWord::leak_pin;
      if (leak && !part.terms.empty()) {
        out_ += "    leak     restore ";
        terms(part.terms, part.excepted);
        out_ += fmt::format(" else {}", word.substr(word.rfind(' ') + 1));
      } else {
        out_ += fmt::format("    {:<{}}", word, leak ? 0 : kRegionWordWidth);
        if (!leak) out_ += ' ';
        terms(part.terms, part.excepted);
        as(part.as);
      }
      end_line(end_of(part.at));
    }
    comments_before(end_of(clause.at), 4);
    out_ += "  }";
  }

  void let(const tree::Clause& clause) {
    out_ += fmt::format("let {} = ", clause.name.text);
    out_ += print_wrapped(file_, clause.expr, column());
  }

  void condition(const tree::Clause& clause, std::string_view word) {
    out_ += word;
    out_ += print_wrapped(file_, clause.expr, column());
    if (clause.reason) out_ += " else " + quote(clause.reason->text);
  }
  void where(const tree::Clause& clause) { condition(clause, "where "); }
  void needs(const tree::Clause& clause) { condition(clause, "needs "); }

  void repeat(const tree::Clause& clause) {
    out_ += fmt::format("repeat {} until change < {}", clause.count.spelled.text, clause.change.spelled.text);
  }

  void again(const tree::Clause&) { out_ += "again"; }

  void act(const tree::Clause& clause) {
    out_ += fmt::format("do {}(", clause.name.text);
    for (std::size_t i = 0; i < clause.arguments.size(); ++i) {
      if (i > 0) out_ += ", ";
      out_ += print_formula(file_, clause.arguments[i]);
    }
    out_ += ')';
  }

  const tree::File& file_;
  std::string_view text_;
  std::vector<Position> comments_;
  std::string out_;
  std::size_t next_ = 0;        // the first comment that is not printed
  std::uint32_t last_end_ = 0;  // where in the text what was printed last ended
  bool after_block_ = false;
};

}  // namespace

std::string print(const tree::File& file, const Sources& sources) { return Printer(file, sources).print(); }

}  // namespace rw::dsl

#include "tests/docs/peg.hpp"

#include <cctype>
#include <functional>
#include <stdexcept>
#include <vector>

namespace rw::test {

struct Peg::Expression {
  enum class Form { literal, characters, any, rule, sequence, choice, optional, many, some, is, is_not } form;
  std::string text;  // literal; characters: all that it admits; rule: its name
  std::vector<std::unique_ptr<Expression>> parts;
};

namespace {

using Expression = Peg::Expression;
using Form = Expression::Form;
using Part = std::unique_ptr<Expression>;

bool is_idchar(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool is_lexical(std::string_view rule) { return std::isupper(static_cast<unsigned char>(rule[0])); }

Part make(Form form, std::string text = {}) { return std::make_unique<Expression>(Expression{form, text, {}}); }

// --- reading the grammar

class GrammarReader {
 public:
  GrammarReader(std::string_view text, std::map<std::string, Part>& rules, std::string& first)
      : text_(text), rules_(rules), first_(first) {}

  void read() {
    for (space(); at_ < text_.size(); space()) {
      const std::string name = word();
      if (!follows("<-")) fail("expected <- after " + name);
      at_ += 2;
      if (first_.empty()) first_ = name;
      if (!rules_.emplace(name, choice()).second) fail("two rules " + name);
    }
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw std::runtime_error(why + ", at: " + std::string(text_.substr(at_, 40)));
  }
  void space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool follows(std::string_view what) {
    space();
    return text_.substr(at_).starts_with(what);
  }
  bool take(char c) {
    if (!follows(std::string_view(&c, 1))) return false;
    ++at_;
    return true;
  }
  std::string word() {
    space();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_idchar(text_[at_])) ++at_;
    if (at_ == begin) fail("expected the name of a rule");
    return std::string(text_.substr(begin, at_ - begin));
  }
  bool begins_rule() {
    const std::size_t before = at_;
    space();
    while (at_ < text_.size() && is_idchar(text_[at_])) ++at_;
    const bool found = at_ > before && follows("<-");
    at_ = before;
    return found;
  }

  Part choice() {
    Part all = make(Form::choice);
    do {
      all->parts.push_back(sequence());
    } while (take('/'));
    return all->parts.size() == 1 ? std::move(all->parts[0]) : std::move(all);
  }
  Part sequence() {
    Part all = make(Form::sequence);
    while (!follows("/") && !follows(")") && !begins_rule() && at_ < text_.size()) all->parts.push_back(prefixed());
    return all->parts.size() == 1 ? std::move(all->parts[0]) : std::move(all);
  }
  Part prefixed() {
    const Form form = take('&') ? Form::is : take('!') ? Form::is_not : Form::any;
    if (form == Form::any) return suffixed();
    Part part = make(form);
    part->parts.push_back(suffixed());
    return part;
  }
  Part suffixed() {
    Part inner = primary();
    const char sign = at_ < text_.size() ? text_[at_] : ' ';
    if (sign != '?' && sign != '*' && sign != '+') return inner;
    ++at_;
    Part part = make(sign == '?' ? Form::optional : sign == '*' ? Form::many : Form::some);
    part->parts.push_back(std::move(inner));
    return part;
  }
  Part primary() {
    if (take('(')) {
      Part inner = choice();
      if (!take(')')) fail("expected )");
      return inner;
    }
    if (take('.')) return make(Form::any);
    if (take('\'')) {
      const std::size_t end = text_.find('\'', at_);
      if (end == std::string_view::npos || end == at_) fail("expected a text and '");
      Part part = make(Form::literal, std::string(text_.substr(at_, end - at_)));
      at_ = end + 1;
      return part;
    }
    if (take('[')) return characters();
    return make(Form::rule, word());
  }
  char character() {
    if (at_ >= text_.size()) fail("expected ]");
    if (text_[at_] != '\\') return text_[at_++];
    const char c = text_[at_ + 1];
    at_ += 2;
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c;
  }
  Part characters() {
    const bool inverse = text_[at_] == '^';
    if (inverse) ++at_;
    std::set<char> listed;
    while (text_[at_] != ']') {
      const char from = character();
      char to = from;
      if (text_[at_] == '-' && text_[at_ + 1] != ']') {
        ++at_;
        to = character();
      }
      for (int c = from; c <= to; ++c) listed.insert(static_cast<char>(c));
    }
    ++at_;
    Part part = make(Form::characters);
    for (int c = -128; c < 128; ++c)
      if ((listed.count(static_cast<char>(c)) != 0) != inverse) part->text += static_cast<char>(c);
    return part;
  }

  std::string_view text_;
  std::map<std::string, Part>& rules_;
  std::string& first_;
  std::size_t at_ = 0;
};

void each(const Expression& expression, const std::function<void(const Expression&)>& look) {
  look(expression);
  for (const Part& part : expression.parts) each(*part, look);
}

// --- carrying it out

class Matcher {
 public:
  Matcher(const std::map<std::string, Part>& rules, std::string_view input) : rules_(rules), input_(input) { gap(); }

  bool rule(const std::string& name) {
    const bool outer = lexical_;
    lexical_ = outer || is_lexical(name);
    const bool found = match(*rules_.at(name));
    lexical_ = outer;
    if (found && !outer && is_lexical(name)) gap();
    return found;
  }

 private:
  void gap() {
    while (at_ < input_.size() && (std::isspace(static_cast<unsigned char>(input_[at_])) || input_[at_] == '#')) {
      if (input_[at_] == '#')
        while (at_ < input_.size() && input_[at_] != '\n') ++at_;
      else
        ++at_;
    }
  }
  bool literal(const std::string& text) {
    if (!input_.substr(at_).starts_with(text)) return false;
    const std::size_t end = at_ + text.size();
    if (!lexical_ && is_idchar(text.back()) && end < input_.size() && is_idchar(input_[end])) return false;
    at_ = end;
    if (!lexical_) gap();
    return true;
  }
  bool one(bool fits) {
    if (!fits) return false;
    ++at_;
    return true;
  }
  bool match(const Expression& e) {
    const std::size_t before = at_;
    switch (e.form) {
      case Form::literal:
        return literal(e.text);
      case Form::characters:
        return one(at_ < input_.size() && e.text.find(input_[at_]) != std::string::npos);
      case Form::any:
        return one(at_ < input_.size());
      case Form::rule:
        return rule(e.text);
      case Form::sequence:
        for (const Part& part : e.parts)
          if (!match(*part)) {
            at_ = before;
            return false;
          }
        return true;
      case Form::choice:
        for (const Part& part : e.parts)
          if (match(*part)) return true;
        return false;
      case Form::optional:
        match(*e.parts[0]);
        return true;
      case Form::some:
        if (!match(*e.parts[0])) return false;
        [[fallthrough]];
      case Form::many:
        for (std::size_t last = at_; match(*e.parts[0]) && at_ != last;) last = at_;
        return true;
      case Form::is:
      case Form::is_not: {
        const bool found = match(*e.parts[0]);
        at_ = before;
        return found == (e.form == Form::is);
      }
    }
    return false;
  }

  const std::map<std::string, Part>& rules_;
  std::string_view input_;
  std::size_t at_ = 0;
  bool lexical_ = false;
};

}  // namespace

Peg::Peg(std::string_view text) {
  GrammarReader(text, rules_, first_).read();
  std::set<std::string> used = {first_};
  for (const auto& [name, rule] : rules_)
    each(*rule, [&, &name = name](const Expression& part) {
      if (part.form != Form::rule) return;
      used.insert(part.text);
      if (rules_.count(part.text) == 0) throw std::runtime_error(name + " names " + part.text + ", which is no rule");
    });
  for (const auto& [name, rule] : rules_)
    if (used.count(name) == 0) throw std::runtime_error("nothing uses the rule " + name);
}

Peg::~Peg() = default;

bool Peg::accepts(std::string_view input) const { return Matcher(rules_, input).rule(first_); }

std::set<std::string> Peg::words() const {
  std::set<std::string> all;
  for (const auto& [name, rule] : rules_)
    each(*rule, [&](const Expression& part) {
      if (part.form == Form::literal && part.text.size() > 1) all.insert(part.text);
    });
  return all;
}

}  // namespace rw::test

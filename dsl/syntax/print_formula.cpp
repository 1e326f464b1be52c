#include <fmt/core.h>

#include <array>

#include "dsl/syntax/print.hpp"
#include "dsl/syntax/print_parts.hpp"

namespace rw::dsl {

namespace {

using tree::Form, tree::Node, tree::NodeId;

// How strongly a form binds its parts. An operand that binds no stronger than what it stands in gets brackets.
enum Strength : int { kOpen, kOr, kAnd, kNot, kCompare, kSum, kProduct, kUnary, kAtom };

constexpr std::array<Strength, 20> kStrengths = {
    kAtom,     // number
    kAtom,     // text
    kAtom,     // name
    kAtom,     // operator_name
    kAtom,     // field
    kAtom,     // call
    kUnary,    // negate
    kNot,      // not_
    kSum,      // sum
    kProduct,  // product
    kCompare,  // compare
    kCompare,  // like
    kAnd,      // and_
    kOr,       // or_
    kOpen,     // if_
    kOpen,     // let_
    kOpen,     // all
    kOpen,     // any
    kOpen,     // none
};
Strength strength(const Node& node) { return kStrengths[static_cast<std::size_t>(node.form)]; }

constexpr std::string_view kSigns[] = {"+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">="};

class FormulaPrinter {
 public:
  explicit FormulaPrinter(const tree::File& file) : file_(file) {}

  void print(NodeId id) {
    const Node& node = file_.nodes[id];
    switch (node.form) {
      case Form::number:
      case Form::name:
      case Form::operator_name:
        out_ += node.word.text;
        break;
      case Form::text:
        out_ += quote(node.word.text);
        break;
      case Form::field:
        print_field(node);
        break;
      case Form::call:
        print_call(node);
        break;
      case Form::negate:
        print_prefix(node, "-");
        break;
      case Form::not_:
        print_prefix(node, "not ");
        break;
      case Form::sum:
      case Form::product:
      case Form::compare:
        print_signs(node);
        break;
      case Form::like:
        print_words(node, " like ");
        break;
      case Form::and_:
        print_words(node, " and ");
        break;
      case Form::or_:
        print_words(node, " or ");
        break;
      case Form::if_:
        print_if(node);
        break;
      case Form::let_:
        print_let(node);
        break;
      case Form::all:
        print_quantifier(node, "all");
        break;
      case Form::any:
        print_quantifier(node, "any");
        break;
      case Form::none:
        print_quantifier(node, "none");
        break;
    }
  }

  std::string take() { return std::move(out_); }

 private:
  void operand(NodeId id, bool brackets) {
    if (brackets) out_ += '(';
    print(id);
    if (brackets) out_ += ')';
  }

  void print_field(const Node& node) {
    out_ += node.word.text;
    for (const tree::Word& field : node.fields) out_ += "." + field.text;
  }

  void print_call(const Node& node) {
    out_ += node.word.text + "(";
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      if (i > 0) out_ += ", ";
      print(node.operands[i]);
    }
    out_ += ')';
  }

  void print_prefix(const Node& node, std::string_view sign) {
    out_ += sign;
    operand(node.operands[0], strength(file_.nodes[node.operands[0]]) < strength(node));
  }

  void print_signs(const Node& node) {
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      if (i > 0) out_ += fmt::format(" {} ", kSigns[static_cast<std::size_t>(node.signs[i - 1])]);
      operand(node.operands[i], strength(file_.nodes[node.operands[i]]) <= strength(node));
    }
  }

  void print_words(const Node& node, std::string_view word) {
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      if (i > 0) out_ += word;
      operand(node.operands[i], strength(file_.nodes[node.operands[i]]) <= strength(node));
    }
  }

  void print_if(const Node& node) {
    constexpr std::string_view kBefore[] = {"if ", " then ", " else "};
    for (std::size_t i = 0; i < 3; ++i) {
      out_ += kBefore[i];
      print(node.operands[i]);
    }
  }

  void print_let(const Node& node) {
    out_ += fmt::format("let {} = ", node.word.text);
    print(node.operands[0]);
    out_ += " in ";
    print(node.operands[1]);
  }

  void print_quantifier(const Node& node, std::string_view word) {
    out_ += fmt::format("{} {}: ", word, node.word.text);
    print(node.operands[0]);
  }

  const tree::File& file_;
  std::string out_;
};

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? "\\n" : std::string(1, c);
  }
  return out + '"';
}

std::string print_formula(const tree::File& file, NodeId node) {
  FormulaPrinter printer(file);
  printer.print(node);
  return printer.take();
}

std::string print_wrapped(const tree::File& file, NodeId id, std::size_t column) {
  std::string line = print_formula(file, id);
  if (column + line.size() <= kLineWidth) return line;
  std::string out;
  const std::string indent(column, ' ');
  while (file.nodes[id].form == Form::let_) {
    const Node& node = file.nodes[id];
    out += fmt::format("let {} = {} in\n{}", node.word.text, print_formula(file, node.operands[0]), indent);
    id = node.operands[1];
  }
  return out + print_formula(file, id);
}

}  // namespace rw::dsl

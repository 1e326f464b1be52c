#include "runtime/trials/guards.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/operators/form.hpp"
#include "runtime/trials/draw_settings.hpp"

namespace rw::trials {
namespace {

using dsl::NameId;
using dsl::NameSort;
using dsl::PatternExpr;
using dsl::PatternExprId;
using dsl::PatternOp;

class Guards {
 public:
  explicit Guards(dsl::Rule& rule) : pattern_(*rule.pattern) {}

  std::vector<CandidateGuard> make() {
    std::vector<NameId> tensors, lists;
    for (NameId id = 0; id < pattern_.names.size(); ++id) {
      const dsl::PatternName& name = pattern_.names[id];
      if (name.is_operator || name.sort == NameSort::op) settings_of_operator(id);
      if (name.sort == NameSort::tensor || name.sort == NameSort::constant) tensors.push_back(id);
      if (name.sort == NameSort::setting) lists.push_back(id);
    }
    for (const NameId id : lists) of_setting(id);
    for (const NameId id : tensors) of_tensor(id);
    for (const NameId a : tensors)
      for (const NameId b : tensors)
        if (a < b) {
          add(compare(PatternOp::equal, field(a, "shape"), field(b, "shape")), "{}.shape == {}.shape", text(a),
              text(b));
          add(compare(PatternOp::equal, field(a, "rank"), field(b, "rank")), "{}.rank == {}.rank", text(a), text(b));
        }
    for (const NameId a : lists)
      for (const NameId b : lists)
        if (a < b) add(compare(PatternOp::equal, name(a), name(b)), "{} == {}", text(a), text(b));
    return std::move(out_);
  }

 private:
  PatternExprId push(PatternExpr expr) {
    pattern_.exprs.push_back(std::move(expr));
    return static_cast<PatternExprId>(pattern_.exprs.size() - 1);
  }
  PatternExprId name(NameId id) {
    return push({.op = PatternOp::name, .at = {}, .number = 0, .text = {}, .index = id, .operands = {}});
  }
  PatternExprId field(NameId id, std::string_view what) {
    const PatternExprId owner = name(id);
    return push(
        {.op = PatternOp::field, .at = {}, .number = 0, .text = std::string(what), .index = 0, .operands = {owner}});
  }
  PatternExprId number(double value) {
    return push({.op = PatternOp::number, .at = {}, .number = value, .text = {}, .index = 0, .operands = {}});
  }
  PatternExprId literal(std::string_view value) {
    return push({.op = PatternOp::text, .at = {}, .number = 0, .text = std::string(value), .index = 0, .operands = {}});
  }
  PatternExprId compare(PatternOp op, PatternExprId a, PatternExprId b) {
    return push({.op = op, .at = {}, .number = 0, .text = {}, .index = 0, .operands = {a, b}});
  }
  PatternExprId all(PatternExprId condition) {
    return push({.op = PatternOp::all, .at = {}, .number = 0, .text = {}, .index = 0, .operands = {condition}});
  }
  PatternExprId call(std::string_view function, std::vector<PatternExprId> operands) {
    return push({.op = PatternOp::call,
                 .at = {},
                 .number = 0,
                 .text = std::string(function),
                 .index = 0,
                 .operands = std::move(operands)});
  }
  const std::string& text(NameId id) const { return pattern_.names[id].name; }

  template <typename... Args>
  void add(PatternExprId condition, fmt::format_string<Args...> format, Args&&... args) {
    out_.push_back({fmt::format(format, std::forward<Args>(args)...), condition});
  }

  // Every setting at its default.
  void settings_of_operator(NameId id) {
    for (const dsl::Call& call : pattern_.calls) {
      if (call.op != id) continue;
      for (const dsl::Term& term : call.terms) {
        const graph::Form* form = graph::find_form(term.op);
        if (!form) continue;
        for (const graph::AttributeRow& row : form->attributes) of_row(id, row);
      }
      if (call.by_law) {
        add(compare(PatternOp::equal, field(id, "op"), literal("Conv")), "{}.op == \"Conv\"", text(id));
        add(compare(PatternOp::not_equal, field(id, "op"), literal("ConvTranspose")), "{}.op != \"ConvTranspose\"",
            text(id));
        add(compare(PatternOp::equal, field(id, "group"), number(1)), "{}.group == 1", text(id));
      }
    }
  }

  void of_row(NameId id, const graph::AttributeRow& row) {
    using Form = graph::AttributeForm;
    const std::string setting(row.name);
    if (row.form == Form::text)
      add(compare(PatternOp::equal, field(id, setting), literal(row.text)), "{}.{} == \"{}\"", text(id), setting,
          row.text);
    else if (row.form != Form::list)
      add(compare(PatternOp::equal, field(id, setting), number(row.number)), "{}.{} == {}", text(id), setting,
          row.number);
    else if (setting == "pads")
      add(all(compare(PatternOp::equal, field(id, setting), number(0))), "all({}.{} == 0)", text(id), setting);
    else if (setting == "strides" || setting == "dilations" || setting == "steps")
      add(all(compare(PatternOp::equal, field(id, setting), number(1))), "all({}.{} == 1)", text(id), setting);
  }

  void of_setting(NameId id) {
    add(all(compare(PatternOp::greater_equal, name(id), number(0))), "all({} >= 0)", text(id));
    add(all(compare(PatternOp::greater, name(id), number(0))), "all({} > 0)", text(id));
    add(all(compare(PatternOp::equal, name(id), number(0))), "all({} == 0)", text(id));
    add(all(compare(PatternOp::equal, name(id), number(1))), "all({} == 1)", text(id));
    add(compare(PatternOp::equal, name(id), number(0)), "{} == 0", text(id));
    add(compare(PatternOp::equal, name(id), number(1)), "{} == 1", text(id));
    add(compare(PatternOp::greater_equal, name(id), number(0)), "{} >= 0", text(id));
    add(compare(PatternOp::equal, name(id), call("sorted", {name(id)})), "{} == sorted({})", text(id), text(id));
  }

  void of_tensor(NameId id) {
    for (int rank = 1; rank <= 4; ++rank)
      add(compare(PatternOp::equal, field(id, "rank"), number(rank)), "{}.rank == {}", text(id), rank);
    for (int rank = 2; rank <= 3; ++rank)
      add(compare(PatternOp::greater_equal, field(id, "rank"), number(rank)), "{}.rank >= {}", text(id), rank);
    add(compare(PatternOp::equal, field(id, "dtype"), literal("float32")), "{}.dtype == \"float32\"", text(id));
    add(compare(PatternOp::equal, call("product", {field(id, "shape")}), number(1)), "product({}.shape) == 1",
        text(id));
    if (pattern_.names[id].sort != NameSort::constant) return;
    add(all(compare(PatternOp::equal, name(id), number(0))), "all({} == 0)", text(id));
    add(all(compare(PatternOp::greater_equal, name(id), number(0))), "all({} >= 0)", text(id));
    add(all(compare(PatternOp::greater, name(id), number(0))), "all({} > 0)", text(id));
  }

  dsl::Pattern& pattern_;
  std::vector<CandidateGuard> out_;
};

}  // namespace

std::vector<CandidateGuard> add_guards(dsl::Rule& rule) { return Guards(rule).make(); }

}  // namespace rw::trials

// What rules can speak of: laws, operators, actions, functions and fields; and what a model is made of.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "graph/base/printable.hpp"
#include "graph/model.hpp"
#include "runtime/commands/commands.hpp"
#include "runtime/commands/given/rule_files.hpp"
#include "runtime/commands/json.hpp"
#include "runtime/commands/text.hpp"
#include "runtime/engine/vocabulary.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/regions/analysis.hpp"
#include "runtime/regions/regions.hpp"

namespace rw::commands {
namespace {

// ---- without a model: the words

struct Word {
  std::string name, help;
};

struct Section {
  std::string_view title, key;
  std::vector<Word> words;
};

std::string action_form(const dsl::ActionWord& word) {
  static constexpr std::string_view kOpsArguments[] = {"p", "EXPR", "NUMBER"};
  std::string arguments;
  for (std::size_t i = 0; i < word.arguments.size(); ++i) {
    const bool opens = word.optional > 0 && i == word.arguments.size() - word.optional;
    arguments += fmt::format("{}{}{}", opens ? "[" : "", i == 0 ? "" : ", ",
                             kOpsArguments[static_cast<std::size_t>(word.arguments[i])]);
  }
  return fmt::format("{}({}{})", word.name, arguments, word.optional > 0 ? "]" : "");
}

// "p.max", of the first role that has it.
std::string field_form(const dsl::FieldWord& word) {
  const auto has = [&](dsl::Role role) { return (word.roles >> static_cast<unsigned>(role) & 1U) != 0; };
  const bool parents = has(dsl::Role::parents), children = has(dsl::Role::children);
  const std::string_view owner = parents && children ? "p, c" : parents ? "p" : children ? "c" : "r";
  if (owner == "p, c") return fmt::format("p.{}, c.{}", word.name, word.name);
  return fmt::format("{}.{}", owner, word.name);
}

// The laws of each operator in std.dsl, those that hold without a guard first.
std::map<std::string, std::vector<std::string>> operators_by_law(const dsl::Program& program) {
  std::map<std::string, std::vector<std::string>> out;
  for (const dsl::LawBinding& binding : program.laws) {
    const dsl::LawWord& law = runtime::vocabulary().laws[binding.law];
    const std::string name = fmt::format("{}{}", law.name, binding.elementwise ? " elementwise" : "");
    auto& list = out[name];
    const std::string op = binding.op + (binding.guard ? "*" : "");
    if (std::find(list.begin(), list.end(), op) == list.end()) list.push_back(op);
  }
  return out;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

std::vector<Section> sections(const dsl::Program& program) {
  const dsl::Vocabulary& words = runtime::vocabulary();
  Section laws{"laws", "laws", {}},
      operators{"operators by law, all of which `law NAME` admits (*: where a condition holds)", "operators", {}},
      actions{"actions", "actions", {}}, functions{"functions", "functions", {}},
      fields{"fields of parents p, children c, regions r", "fields", {}};
  for (const dsl::LawWord& word : words.laws) laws.words.push_back({std::string(word.name), std::string(word.help)});
  for (const auto& [law, ops] : operators_by_law(program)) operators.words.push_back({law, joined(ops)});
  for (const dsl::ActionWord& word : words.actions)
    actions.words.push_back({action_form(word), std::string(word.help)});
  for (const dsl::FunctionWord& word : words.functions)
    functions.words.push_back({dsl::called(word), std::string(word.help)});
  for (const dsl::FieldWord& word : words.fields) fields.words.push_back({field_form(word), std::string(word.help)});
  return {laws, operators, actions, functions, fields};
}

void print_words(const std::vector<Section>& all, bool as_json) {
  if (as_json) {
    const auto word = [](const Word& each) {
      return fmt::format("\n    {{\"name\": {}, \"help\": {}}}", json::quoted(each.name), json::quoted(each.help));
    };
    fmt::print("{{\n\"format\": \"rewrite-engine/ops\", \"version\": 1");
    for (const Section& section : all) fmt::print(",\n\"{}\": {}", section.key, json::list(section.words, word, ","));
    fmt::print("\n}}\n");
    return;
  }
  for (const Section& section : all) {
    std::size_t width = 0;
    for (const Word& word : section.words) width = std::max(width, word.name.size());
    fmt::print("{}{}\n", &section == &all.front() ? "" : "\n", section.title);
    for (const Word& word : section.words)
      fmt::print("  {:<{}}  {}\n", word.name, width, wrapped(word.help, width + 4));
  }
}

// ---- with a model: its operators

struct Blocked {
  std::size_t operators = 0;
  graph::OperatorId first = graph::kNone;
  std::set<runtime::RegionId> regions;  // that they pin
};

struct Kind {
  std::size_t count = 0;
  std::map<std::string, std::size_t> laws;  // that hold
  bool unknown = false;                     // no `op` line names it
  std::map<std::string, Blocked> blocked;   // by the kind of the reason
};

std::string law_name(const runtime::Analysis& analysis, graph::OperatorId op) {
  return fmt::format("{}{}", analysis.law(op).name,
                     analysis.operators[op].elementwise && analysis.law(op).says_elementwise ? " elementwise" : "");
}

std::map<std::string, Kind> kinds(const graph::Network& network, const runtime::Analysis& analysis) {
  const runtime::Regions regions = runtime::find_regions(analysis);
  std::map<graph::OperatorId, std::set<runtime::RegionId>> pins;
  for (runtime::RegionId id = 0; id < regions.size(); ++id)
    for (const runtime::Leak& leak : regions[id].leaks)
      if (leak.op != graph::kNone && !regions[id].parents.empty()) pins[leak.op].insert(id);
  std::map<std::string, Kind> out;
  for (graph::OperatorId op = 0; op < network.operators().size(); ++op) {
    Kind& kind = out[std::string(network.type_of(op))];
    ++kind.count;
    kind.unknown = analysis.operators[op].unknown;
    const bool blocks = !analysis.holds(op);
    if (!blocks) ++kind.laws[law_name(analysis, op)];
    const auto found = pins.find(op);
    if (!blocks && found == pins.end()) continue;
    const std::string why = analysis.kind_of_block(op);
    Blocked& blocked = kind.blocked[why.empty() ? "something that it reads or gives is pinned" : why];
    if (blocked.operators++ == 0) blocked.first = op;
    if (found != pins.end()) blocked.regions.insert(found->second.begin(), found->second.end());
  }
  return out;
}

std::string laws_text(const Kind& kind) {
  std::string out;
  for (const auto& [law, count] : kind.laws)
    out += fmt::format("{}{}", out.empty() ? "" : ", ", kind.laws.size() > 1 ? fmt::format("{} {}", count, law) : law);
  return out.empty() ? (kind.unknown ? "no law" : "blocks") : out;
}

void print_kinds(const std::map<std::string, Kind>& all, const graph::Network& network, std::string_view model) {
  std::size_t width = 8, law_width = 3, total = 0;
  for (const auto& [type, kind] : all) {
    width = std::max(width, graph::printable(type).size());
    law_width = std::max(law_width, laws_text(kind).size());
    total += kind.count;
  }
  fmt::print("{}: {} of {}\n\n", graph::printable(model), graph::plural(total, "operator"),
             graph::plural(all.size(), "kind"));
  fmt::print("{:<{}}  count  {:<{}}  what blocks\n", "operator", width, "law", law_width);
  for (const auto& [type, kind] : all) {
    std::string line =
        fmt::format("{:<{}}  {:>5}  {:<{}}", graph::printable(type), width, kind.count, laws_text(kind), law_width);
    const std::size_t indent = line.size() + 2;
    bool first = true;
    for (const auto& [why, blocked] : kind.blocked) {
      if (!first) line += fmt::format("\n{:{}}", "", indent - 2);
      first = false;
      const std::string how_many =
          blocked.operators == kind.count ? "" : fmt::format("{} of them, ", blocked.operators);
      line += fmt::format("  {} ({}first: '{}'): {}", graph::printable(why), how_many,
                          graph::printable(network.op(blocked.first).name),
                          blocked.regions.empty() ? "in the way of no region"
                                                  : "blocks " + graph::plural(blocked.regions.size(), "region"));
    }
    line.erase(line.find_last_not_of(' ') + 1);
    fmt::print("{}\n", line);
  }
}

void print_kinds_json(const std::map<std::string, Kind>& all, const graph::Network& network, const std::string& model) {
  const auto kind = [&](const auto& entry) {
    const Kind& each = entry.second;
    return fmt::format("\n  {{\"operator\": {}, \"count\": {}, \"known\": {}, \"laws\": {}, \"blocked\": {}}}",
                       json::quoted(entry.first), each.count, !each.unknown,
                       json::list(each.laws,
                                  [](const auto& law) {
                                    return fmt::format("{{\"law\": {}, \"count\": {}}}", json::quoted(law.first),
                                                       law.second);
                                  }),
                       json::list(each.blocked, [&](const auto& why) {
                         return fmt::format("{{\"reason\": {}, \"count\": {}, \"first\": {}, \"regions\": {}}}",
                                            json::quoted(why.first), why.second.operators,
                                            json::quoted(network.op(why.second.first).name), why.second.regions.size());
                       }));
  };
  fmt::print("{{\n\"format\": \"rewrite-engine/ops\", \"version\": 1, \"model\": {},\n\"operators\": {}\n}}\n",
             json::quoted(model), json::list(all, kind, ","));
}

int ops(const Given& given) {
  std::vector<std::string> files = given.list("--rules");
  if (files.empty()) files = {"std"};
  const std::optional<dsl::Loaded> rules = load_rules(files, runtime::ShippedTests::left_out);
  if (!rules) return kMistake;
  const std::string model_file = given.text("MODEL");
  if (model_file.empty()) {
    print_words(sections(rules->program), given.has("--json"));
    return kDone;
  }
  graph::Model model = graph::read_model(model_file);
  const runtime::Analysis analysis = runtime::analyse(model.network, rules->program.laws);
  const auto all = kinds(model.network, analysis);
  if (given.has("--json"))
    print_kinds_json(all, model.network, model_file);
  else
    print_kinds(all, model.network, model_file);
  return kDone;
}

constexpr Argument kOpsArguments[] = {{"MODEL", "the network: model.json or model.onnx", Completes::model, false}};
constexpr Option kOpsOptions[] = {
    {"--rules", "RULES", "a rule file whose `op` lines count too (several times)", 0, true, Completes::rules},
    kJsonOption,
};
constexpr std::string_view kOpsExamples[] = {"rewrite-engine ops", "rewrite-engine ops model.onnx"};

}  // namespace

const Command kOps = {
    .name = "ops",
    .summary = "lists laws, operators, actions, functions and fields; or what a model is made of",
    .description =
        "Without a model: every word that a rule file may use, with a line of help. With a model: its operators, how "
        "many of each there are, the law that they obey, and, where they block, why and how many regions with parents "
        "that pins.",
    .arguments = kOpsArguments,
    .options = kOpsOptions,
    .examples = kOpsExamples,
    .run = ops,
};

}  // namespace rw::commands

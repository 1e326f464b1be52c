#include "runtime/explain/made.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <set>

#include "graph/base/error.hpp"

namespace rw::runtime {
namespace {

namespace fs = std::filesystem;

struct TextEdit {
  std::size_t at = 0, length = 0;
  std::string text;
};

bool is_shipped(const std::string& file) { return file.find('/') == std::string::npos && !file.ends_with(".dsl"); }

// A file that `use` in the folder of `out` names; `from`: the folder that the name is relative to.
std::string seen_from(const std::string& file, const fs::path& from, const fs::path& out) {
  if (is_shipped(file) || fs::path(file).is_absolute()) return file;
  const std::string path = fs::proximate(fs::absolute(from / file), fs::absolute(out).parent_path()).string();
  return path.find('/') == std::string::npos && !path.ends_with(".dsl") ? "./" + path : path;
}

// Behind a text, a comment or a character that begins at `at`.
std::size_t step(std::string_view text, std::size_t at) {
  if (text[at] == '#') return std::min(text.find('\n', at), text.size());
  if (text[at] != '"') return at + 1;
  for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\' ? 1 : 0;
  return std::min(at + 1, text.size());
}

// The closing brace of the region whose name stands at `name`.
std::size_t end_of_region(std::string_view text, std::size_t name) {
  std::size_t depth = 0;
  for (std::size_t at = name; at < text.size(); at = step(text, at)) {
    if (text[at] == '{') ++depth;
    if (text[at] == '}' && --depth == 0) return at;
  }
  return text.size();
}

// A new line in the region.
TextEdit line_in_region(std::string_view text, const Change& change, const std::string& line) {
  const std::size_t end = end_of_region(text, change.at.offset);
  std::size_t begin = end;
  while (begin > 0 && (text[begin - 1] == ' ' || text[begin - 1] == '\t')) --begin;
  const bool own_line = begin > 0 && text[begin - 1] == '\n';
  return own_line ? TextEdit{begin, 0, fmt::format("    {}\n", line)} : TextEdit{end, 0, line + " "};
}

// One more operator in a clause, before its `except` and `as`.
TextEdit operator_in_clause(std::string_view clause, const Change& change) {
  static const std::regex name("\\s+(except\\s[^]*|as\\s+[a-z][A-Za-z0-9_]*\\s*)$");
  std::match_results<std::string_view::const_iterator> found;
  const std::size_t end = std::regex_search(clause.begin(), clause.end(), found, name)
                              ? static_cast<std::size_t>(found.position())
                              : clause.size();
  return {change.at.offset + end, 0, ", " + change.op};
}

std::string law_line(const Change& change) { return fmt::format("op {} law {}\n", change.op, change.law); }

// The edit of the text that has the clause of a change; nothing for a change that is none of text.
std::optional<TextEdit> edit_for(const dsl::Loaded& rules, const Change& change) {
  const std::string& text = rules.sources[change.at.source].text;
  const std::string_view clause = rules.sources.text(change.at);
  const bool names = change.kind <= ChangeKind::name_join;
  if (names && terms_at(rules.program, change.at)) return operator_in_clause(clause, change);
  switch (change.kind) {
    case ChangeKind::name_inner:
      return line_in_region(text, change, "through " + change.op);
    case ChangeKind::name_join:
      return line_in_region(text, change, "may join " + change.op);
    case ChangeKind::pin_leaks:
      return line_in_region(text, change, "leak pin");
    case ChangeKind::relax_join:
      return TextEdit{change.at.offset, 0, "may "};
    case ChangeKind::relax_through:
      return TextEdit{change.at.offset, clause.find("through"), ""};
    case ChangeKind::drop_where:
    case ChangeKind::drop_needs:
      return TextEdit{change.at.offset, change.at.length, ""};
    default:
      return std::nullopt;
  }
}

std::string edited(std::string text, std::vector<TextEdit> edits) {
  std::stable_sort(edits.begin(), edits.end(), [](const TextEdit& a, const TextEdit& b) { return a.at > b.at; });
  for (const TextEdit& each : edits) text.replace(each.at, each.length, each.text);
  return text;
}

// `use "other.dsl"` and `include "other.dsl"` say a path from the folder of their file.
std::string with_uses_from(std::string text, const fs::path& from, const fs::path& out) {
  static const std::regex use("(^|\\n)(\\s*(?:use|include)\\s+\")([^\"\\n]*)\"");
  std::string result;
  std::smatch found;
  while (std::regex_search(text, found, use)) {
    result += found.prefix().str() + found[1].str() + found[2].str() + seen_from(found[3].str(), from, out) + "\"";
    text = found.suffix().str();
  }
  return result + text;
}

std::string includes(const std::vector<std::string>& files, const fs::path& out) {
  std::string text;
  for (const std::string& file : files) text += fmt::format("include \"{}\"\n", seen_from(file, {}, out));
  return text;
}

std::string named(const fs::path& out) {
  const std::string name = out.string();
  return name.find('/') == std::string::npos ? "./" + name : name;
}

// The one file of rules that the changes are about; nothing: about none.
std::optional<std::uint32_t> source_of(const dsl::Loaded& rules, const std::vector<std::string>& files,
                                       const Changes& changes) {
  std::set<std::uint32_t> sources;
  for (const Change& each : changes)
    if (edit_for(rules, each)) sources.insert(each.at.source);
  if (sources.empty()) return std::nullopt;
  if (sources.size() > 1) throw graph::Error("", "the remedy", "is about several rule files: make it by hand");
  const std::string& name = rules.sources[*sources.begin()].name;
  const auto is_it = [&](const std::string& file) { return fs::path(file).lexically_normal() == fs::path(name); };
  if (std::none_of(files.begin(), files.end(), is_it))
    throw graph::Error("", "the remedy",
                       fmt::format("is about the rule file '{}', which the given ones use: make it by hand", name));
  return *sources.begin();
}

}  // namespace

MadeRemedy made_remedy(const dsl::Loaded& rules, const std::vector<std::string>& files, const Remedy& remedy,
                       const fs::path& out) {
  MadeRemedy made;
  if (!remedy.files.empty()) {
    made.text = includes(remedy.files, out);
    made.files = {named(out)};
    if (remedy.needs_ranges) made.left = remedy.steps.back();
    return made;
  }
  std::string laws;
  std::vector<TextEdit> edits;
  for (std::size_t i = 0; i < remedy.changes.size(); ++i) {
    const Change& change = remedy.changes[i];
    if (change.kind == ChangeKind::teach || change.kind == ChangeKind::bound)
      laws += law_line(change);
    else if (change.kind == ChangeKind::give_stats)
      made.left = "give their ranges (--stats FILE, or --data FILES)";
    else
      edits.push_back(*edit_for(rules, change));
  }
  if (laws.empty() && edits.empty()) throw graph::Error("", "the remedy", "is no change of rules: " + made.left);
  const auto source = source_of(rules, files, remedy.changes);
  if (!source) {  // laws hold for the whole run, the last line that names an operator counts
    made.text = includes(files, out) + "\n" + laws;
    made.files = {named(out)};
    return made;
  }
  const dsl::Source& changed = rules.sources[*source];
  const fs::path folder = is_shipped(changed.name) ? fs::path() : fs::path(changed.name).parent_path();
  made.text = with_uses_from(edited(changed.text, std::move(edits)), folder, out);
  if (!laws.empty()) made.text += "\n" + laws;
  for (const std::string& file : files)
    made.files.push_back(fs::path(file).lexically_normal() == fs::path(changed.name) ? named(out) : file);
  return made;
}

}  // namespace rw::runtime

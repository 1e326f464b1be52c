#include "dsl/load.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <filesystem>
#include <unordered_map>

#include "dsl/check/check.hpp"
#include "dsl/syntax/parse.hpp"
#include "dsl/text/spelling.hpp"

namespace rw::dsl {

namespace {

constexpr std::size_t kMaxUseDepth = 100;
constexpr std::string_view kStd = "std";

bool is_shipped_name(std::string_view name) {
  return name.find('/') == std::string_view::npos && !name.ends_with(".dsl");
}

// What tells one file from another: its path with `.` and `..` taken out, or the name of a shipped one.
struct FileName {
  bool shipped = false;
  std::string name;  // as messages say it
  std::string key;
};

FileName file_name(std::string_view name, const std::string& folder) {
  if (is_shipped_name(name)) return {true, std::string(name), "shipped:" + std::string(name)};
  const std::filesystem::path path = (std::filesystem::path(folder) / name).lexically_normal();
  return {false, path.string(), "file:" + path.string()};
}

// Where a file is named: in `use`, or on the command line (nothing).
using Mention = std::optional<Position>;

class Loader {
 public:
  Loader(const Library& library, const Vocabulary& vocabulary, Loaded& out)
      : library_(library), context_{vocabulary, out.sources, reporter_, out.program, {}, {}}, sources_(out.sources) {}

  void load(const std::vector<std::string>& names) {
    standard_ = visit(file_name(kStd, ""), std::nullopt);
    if (const auto curves = standard_ ? standard_->sets.find("curves") : NameTable<SetEntry>::const_iterator();
        standard_ && curves != standard_->sets.end())
      context_.program.curves = curves->second.terms;
    std::vector<const FileNames*> named;
    for (const std::string& name : names) {
      const FileNames* file = visit(file_name(name, ""), std::nullopt);
      if (file == nullptr) continue;
      warn_of_empty(*file->file);
      named.push_back(file);
    }
    order_rules(context_, named);
    const BoundLaws bound(context_.program.laws);
    check_laws(context_, bound);
    if (reporter_.errors() == 0) check_shadows(context_, bound);
  }

  Diagnostics finish() { return std::move(reporter_).finish(static_cast<std::uint32_t>(sources_.size())); }

 private:
  void warn_of_empty(const tree::File& file) {
    if (!file.declarations.empty() || !file.broken.empty() || reporter_.errors() > 0) return;
    reporter_.warning("empty", Position{file.source, 0, 0}, "this file declares nothing",
                      "a rule file has use, include, op, set, function, rule and test");
  }

  std::optional<std::string> text_of(const FileName& file, std::string& why) const {
    std::optional<std::string> text = file.shipped ? library_.shipped(file.name) : library_.read(file.name, why);
    if (text) return text;
    if (!file.shipped) {
      const std::filesystem::path path = file.name;
      const std::string stem = path.stem().string();
      if (path.extension() == ".dsl" && library_.shipped(stem))
        hint_ = fmt::format("what is shipped is called \"{}\", without .dsl", stem);
      else
        hint_ = "a path is looked for from the folder of the file that says it, or from where you are";
    } else {
      const std::vector<std::string> names = library_.shipped_names();
      why = "no such file is shipped";
      hint_ = did_you_mean(file.name, {names.begin(), names.end()});
      if (hint_.empty())
        hint_ = file.name.find('.') != std::string::npos
                    ? "a rule file is called NAME.dsl; the model stands before the rules"
                    : fmt::format("there are: {}; a file of your own is written ./{}.dsl", fmt::join(names, ", "),
                                  file.name);
    }
    return text;
  }

  // A file that is named where no text is (the command line) gets an empty source of its own to point at.
  Position place_of(const Mention& mention, const FileName& file) {
    return mention ? *mention : Position{sources_.add({file.name, ""}), 0, 0};
  }

  // Reads, parses and checks a file after those that it uses. Null: it cannot be had; that is said.
  const FileNames* visit(const FileName& file, const Mention& mention) {
    if (const auto seen = visited_.find(file.key); seen != visited_.end()) {
      if (seen->second == nullptr) refuse_cycle(file, mention);
      return seen->second;
    }
    hint_.clear();
    std::string why;
    std::optional<std::string> text = text_of(file, why);
    if (!text) {
      reporter_.error("cannot-read", place_of(mention, file), fmt::format("cannot read '{}': {}", file.name, why),
                      hint_);
      return nullptr;
    }
    if (text->size() > tree::kMaxFileSize) {
      reporter_.error("too-large", place_of(mention, file),
                      fmt::format("'{}' has more than {} MiB", file.name, tree::kMaxFileSize >> 20U),
                      "is this a rule file?");
      return nullptr;
    }
    // The embedded library, read once more from the folder that it came from, is the same file.
    if (standard_ != nullptr && *text == sources_[standard_->file->source].text) return standard_;
    if (open_.size() >= kMaxUseDepth) {
      reporter_.error("use-cycle", place_of(mention, file),
                      fmt::format("files use each other more than {} deep", kMaxUseDepth), "fewer files do");
      return nullptr;
    }
    return check_file(file, std::move(*text));
  }

  const FileNames* check_file(const FileName& file, std::string text) {
    const std::uint32_t source = sources_.add({file.name, std::move(text)});
    Diagnostics diagnostics;
    trees_.push_back(std::make_unique<tree::File>(parse(sources_, source, diagnostics)));
    for (Diagnostic& diagnostic : diagnostics) reporter_.add(std::move(diagnostic));

    auto names = std::make_unique<FileNames>();
    names->file = trees_.back().get();
    if (standard_ != nullptr) names->used.push_back(standard_);
    visited_[file.key] = nullptr;
    open_.push_back(file);
    for (const tree::Declaration& declaration : names->file->declarations) {
      const auto* use = std::get_if<tree::Use>(&declaration.what);
      if (use == nullptr) continue;
      const FileNames* used = follow(*use, file);
      if (used == nullptr) continue;
      names->followed.emplace(use->path.at.offset, used);
      if (std::find(names->used.begin(), names->used.end(), used) == names->used.end()) names->used.push_back(used);
    }
    open_.pop_back();
    context_.files.push_back(std::move(names));
    check(context_, *context_.files.back());
    return visited_[file.key] = context_.files.back().get();
  }

  const FileNames* follow(const tree::Use& use, const FileName& from) {
    const std::string& path = use.path.text;
    if (path.empty() || (from.shipped && !is_shipped_name(path))) {
      reporter_.error("cannot-read", use.path.at,
                      path.empty() ? "this names no file" : "a shipped file uses shipped files only",
                      path.empty() ? "write use \"./other.dsl\"" : "name it without / and .dsl");
      return nullptr;
    }
    const std::string folder = from.shipped ? "" : std::filesystem::path(from.name).parent_path().string();
    return visit(file_name(path, folder), use.path.at);
  }

  void refuse_cycle(const FileName& file, const Mention& mention) {
    assert(mention && "only a file that is being read can be used in a circle");
    std::string circle;
    const auto first =
        std::find_if(open_.begin(), open_.end(), [&](const FileName& each) { return each.key == file.key; });
    for (auto each = first; each != open_.end(); ++each) circle += each->name + " -> ";
    reporter_.error("use-cycle", *mention, "files use each other in a circle",
                    fmt::format("{}{}: take one of these lines out", circle, file.name));
  }

  const Library& library_;
  Reporter reporter_;
  CheckContext context_;
  Sources& sources_;
  std::vector<std::unique_ptr<tree::File>> trees_;
  std::unordered_map<std::string, const FileNames*> visited_;  // null: its `use` are being followed
  std::vector<FileName> open_;                                 // those, outermost first
  const FileNames* standard_ = nullptr;
  mutable std::string hint_;  // of the last text_of
};

}  // namespace

Loaded load(const std::vector<std::string>& names, const Library& library, const Vocabulary& vocabulary) {
  Loaded out;
  Loader loader(library, vocabulary, out);
  loader.load(names);
  out.diagnostics = loader.finish();
  return out;
}

}  // namespace rw::dsl

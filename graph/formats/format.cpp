#include "graph/formats/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/convert/to_json.hpp"
#include "graph/formats/convert/to_onnx.hpp"
#include "graph/formats/json/read.hpp"
#include "graph/formats/json/write.hpp"
#include "graph/formats/onnx/onnx.hpp"
#include "graph/formats/onnx/write.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/output/temporary_file.hpp"
#include "graph/formats/statistics/entries.hpp"
#include "graph/formats/statistics/foreign.hpp"
#include "graph/formats/write_model.hpp"
#include "graph/mark.hpp"

namespace rw::graph {
namespace {

constexpr std::array<Format, 2> kFormats = {{
    // ending  name          read       write       convert      named
    {".json", "model.json", read_json, write_json, encode_json, files_of_json},
    {".onnx", "ONNX", read_onnx, write_onnx, encode_onnx, files_of_onnx},
}};

// Runs a stage; its errors get the name of the file where they have none, and texts that can be shown.
template <typename Stage>
auto guarded(const std::filesystem::path& path, Stage stage) {
  try {
    return stage();
  } catch (const Error& error) {
    throw printable(error, path.string());
  } catch (const std::bad_alloc&) {
    throw printable(Error("", "", "there is not enough memory for it"), path.string());
  }
}

}  // namespace

const Format& format_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  for (const Format& each : kFormats)
    if (name.ends_with(each.ending)) return each;
  std::string endings;
  for (const Format& each : kFormats) endings += fmt::format("{}{}", endings.empty() ? "" : " or ", each.ending);
  throw Error(path.string(), "", fmt::format("the format of a model goes by its ending: expected {}", endings));
}

Model read_model(const std::filesystem::path& path) {
  return guarded(path, [&] {
    Model model = format_of(path).read(path);
    for (const auto& source : model.sources) {
      source->check_intact();
      model.bytes += source->bytes().size();
    }
    return model;
  });
}

namespace {

bool is_model(const std::string& name) {
  return std::any_of(kFormats.begin(), kFormats.end(), [&](const Format& each) { return name.ends_with(each.ending); });
}

// Whether another model in the folder of `out` has the name of the file in it. What is too much to look through may.
bool others_name(const std::filesystem::path& out, const std::string& file, const std::vector<std::string>& known) {
  constexpr std::size_t kMost = std::size_t{64} << 20U;
  std::error_code error;
  for (std::filesystem::directory_iterator each(folder_of(out), error), end; !error && each != end;
       each.increment(error)) {
    const std::string name = each->path().filename().string();
    const bool ours = name == out.filename() || name.starts_with(".rewrite-engine-") ||
                      std::find(known.begin(), known.end(), name) != known.end();
    if (ours || !is_model(name) || !each->is_regular_file(error)) continue;
    try {
      const auto model = MappedFile::open(each->path());
      const std::string_view text = model->text();
      if (text.substr(0, 100).find("rewrite-engine/report") != std::string_view::npos)
        continue;  // tells what was written
      if (text.size() > kMost || text.find(file) != std::string_view::npos) return true;
    } catch (const Error&) {
      return true;
    }
  }
  return static_cast<bool>(error);
}

// Files that only the model `old` names, which stands at `out` and is replaced, or stood there: those with names that
// this program gives to files of that model. The name without an id in it may be anybody's: then the mark of the model
// tells who made it.
void add_outdated(const std::filesystem::path& out, const std::filesystem::path& model, Output& output) {
  try {
    const ModelFiles old = format_of(out).files(model);
    for (const std::string& name : old.names) {
      const NamedFor kind = named_for(out, name);
      const bool made_here = kind == NamedFor::model_and_id || (kind == NamedFor::model && !old.mark.empty());
      if (made_here && !others_name(out, name, old.names)) output.add_outdated(out.parent_path() / name);
    }
  } catch (const Error&) {
    // No model stands there, or none that can be read.
  }
}

}  // namespace

Written add_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, Output& output,
                  const std::optional<std::string>& mark, const Output::Progress* progress) {
  // What has no file of its own is a mistake in the model: a value that cannot be scaled.
  return guarded(model.path, [&] {
    const Format& format = format_of(out);
    const bool same = &format == &format_of(model.path);
    const auto id = [&] { return mark.value_or("").empty() ? mark_of(model, rewriting) : *mark; };
    output.begin_model(out, id, mark);
    add_outdated(out, out, output);
    if (const auto left = output.left_behind()) add_outdated(out, *left, output);
    output.show(progress);
    (same ? format.write : format.convert)(model, Rewritten(model.network, rewriting), out, output);
    output.show(nullptr);
    return output.written();
  });
}

Written write_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry) {
  Output output(model.sources, dry);
  add_model(model, rewriting, out, output);
  return guarded(model.path, [&] { return output.commit(); });
}

// --- files of statistics

namespace {

constexpr std::string_view kStatistics = "rewrite-engine/stats";

// {"format": ..., "version": 1, "tensors": {...}}; keys that are not known are passed over.
struct StatisticsFile {
  Model& model;
  std::string_view text;
  std::string mark = {};

  void take_mark(json::Value& value) { mark = value.string(); }
  void take_format(json::Value& value) {
    if (value.string() != kStatistics)
      throw value.expected(fmt::format("\"format\" to be \"{}\", as calibrate writes it", kStatistics));
  }
  void take_version(json::Value& value) {
    if (value.integer() != 1) throw value.expected("\"version\" to be 1");
  }
  void take_tensors(json::Value& value) {
    std::vector<StatisticText> entries;
    read_calibration(value, text, model.network, model.statistics, entries);
  }
  static const std::array<json::Key<StatisticsFile>, 4> kKeys;
};
const std::array<json::Key<StatisticsFile>, 4> StatisticsFile::kKeys = {{
    {"format", true, &StatisticsFile::take_format},
    {"mark", false, &StatisticsFile::take_mark},
    {"version", true, &StatisticsFile::take_version},
    {"tensors", true, &StatisticsFile::take_tensors},
}};

}  // namespace

namespace {

// What a text of statistics holds is added to the model's.
void read_text(std::string_view text, const std::filesystem::path& path, Model& model) {
  StatisticsFile reader{model, text};
  json::Document document(text);
  document.read([&](json::Value& root) {
    // The bare object may have a tensor of the name "format", but then it is no string.
    bool wrapped = false;
    root.find("format", [&](json::Value& value) { wrapped = value.kind() == json::Kind::string; });
    if (wrapped)
      json::read_keys(root, StatisticsFile::kKeys, reader);
    else if (!read_foreign(root, model.network, model.statistics))
      reader.take_tensors(root);
  });
  agree(model.mark, reader.mark, path);
}

}  // namespace

void read_statistics(const std::filesystem::path& path, Model& model) {
  guarded(path, [&] {
    auto file = MappedFile::open(path);
    read_text(file->text(), path, model);
    file->check_intact();
    model.bytes += file->bytes().size();
    model.sources.push_back(std::move(file));
  });
}

void add_statistics(std::string_view text, Model& model) {
  const std::span<char> kept = model.network.arena().make<char>(text.size() + MappedFile::kPadding);
  std::fill(std::copy(text.begin(), text.end(), kept.begin()), kept.end(), ' ');
  read_text({kept.data(), text.size()}, model.path, model);
}

}  // namespace rw::graph

#include "graph/formats/format.hpp"

#include <fmt/format.h>

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
#include "graph/formats/statistics/entries.hpp"
#include "graph/formats/write_model.hpp"

namespace rw::graph {
namespace {

constexpr std::array<Format, 2> kFormats = {{
    // ending  name          read       write       convert
    {".json", "model.json", read_json, write_json, encode_json},
    {".onnx", "ONNX", read_onnx, write_onnx, encode_onnx},
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

Written write(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry,
              std::span<const std::filesystem::path> taken, const Output::Progress* progress) {
  // What has no file of its own is a mistake in the model: a value that cannot be scaled.
  return guarded(model.path, [&] {
    const Format& format = format_of(out);
    Output output(model.sources, dry, progress);
    output.keep_free(taken);
    const bool same = &format == &format_of(model.path);
    (same ? format.write : format.convert)(model, Rewritten(model.network, rewriting), out, output);
    return output.commit();
  });
}

}  // namespace

Written write_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry) {
  return write(model, rewriting, out, dry, {}, nullptr);
}

Written write_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry,
                    std::span<const std::filesystem::path> taken, FunctionRef<void(std::uint64_t)> progress) {
  return write(model, rewriting, out, dry, taken, &progress);
}

// --- files of statistics

namespace {

constexpr std::string_view kStatistics = "rewrite-engine/stats";

// {"format": ..., "version": 1, "tensors": {...}}; keys that are not known are passed over.
struct StatisticsFile {
  Model& model;
  std::string_view text;

  void take_format(json::Value& value) {
    if (value.string() != kStatistics) throw value.expected(fmt::format("\"format\" to be \"{}\"", kStatistics));
  }
  void take_version(json::Value& value) {
    if (value.integer() != 1) throw value.expected("\"version\" to be 1");
  }
  void take_tensors(json::Value& value) {
    std::vector<StatisticText> entries;
    read_calibration(value, text, model.network, model.statistics, entries);
  }
  static const std::array<json::Key<StatisticsFile>, 3> kKeys;
};
const std::array<json::Key<StatisticsFile>, 3> StatisticsFile::kKeys = {{
    {"format", true, &StatisticsFile::take_format},
    {"version", true, &StatisticsFile::take_version},
    {"tensors", true, &StatisticsFile::take_tensors},
}};

}  // namespace

void read_statistics(const std::filesystem::path& path, Model& model) {
  guarded(path, [&] {
    auto file = MappedFile::open(path);
    StatisticsFile reader{model, file->text()};
    json::Document document(file->text());
    document.read([&](json::Value& root) {
      // The bare object may have a tensor of the name "format", but then it is no string.
      bool wrapped = false;
      root.find("format", [&](json::Value& value) { wrapped = value.kind() == json::Kind::string; });
      if (wrapped)
        json::read_keys(root, StatisticsFile::kKeys, reader);
      else
        reader.take_tensors(root);
    });
    file->check_intact();
    model.bytes += file->bytes().size();
    model.sources.push_back(std::move(file));
  });
}

}  // namespace rw::graph

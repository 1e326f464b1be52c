#include "runtime/data/files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

#include "graph/base/error.hpp"
#include "runtime/data/images.hpp"

namespace rw::data {
namespace {

namespace fs = std::filesystem;
using graph::Error;

struct EndingRow {
  std::string_view ending;
  FileKind kind;
};
constexpr std::array<EndingRow, 3> kEndings = {
    {{".npy", FileKind::npy}, {".npz", FileKind::npz}, {".pb", FileKind::tensor}}};
constexpr std::string_view kExpected = ".npy, .npz, .pb, .png, .jpg or .jpeg";

std::optional<FileKind> kind_of(const fs::path& path) {
  const std::string name = path.filename().string();
  for (const EndingRow& row : kEndings)
    if (name.ends_with(row.ending)) return row.kind;
  if (is_image(name)) return FileKind::image;
  return {};
}

void add_folder(const fs::path& folder, const std::string& input, std::vector<DataFile>& files,
                std::size_t& passed_over) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& each : fs::recursive_directory_iterator(folder))
    if (each.is_regular_file()) paths.push_back(each.path());
  std::sort(paths.begin(), paths.end());
  const std::size_t before = files.size();
  for (fs::path& path : paths) {
    if (const auto kind = kind_of(path))
      files.push_back({std::move(path), *kind, input, true});
    else
      ++passed_over;
  }
  if (files.size() == before)
    throw Error(folder.string(), "",
                paths.empty() ? "the folder is empty: expected files of samples in it"
                              : fmt::format("no file in the folder ends in {}", kExpected));
}

}  // namespace

std::vector<DataFile> data_files(const std::vector<std::string>& words, std::size_t& passed_over) {
  std::vector<DataFile> files;
  for (const std::string& word : words) {
    std::string input;
    fs::path path = word;
    std::error_code none;
    const std::size_t sign = word.find('=');
    if (sign != std::string::npos && !fs::exists(path, none)) {
      input = word.substr(0, sign);
      path = word.substr(sign + 1);
      if (input.empty()) throw Error(word, "", "expected the name of an input before '='");
    }
    if (!fs::exists(path, none)) throw graph::missing_file(path.string(), "there is no such file or folder");
    if (fs::is_directory(path)) {
      add_folder(path, input, files, passed_over);
    } else if (const auto kind = kind_of(path)) {
      files.push_back({path, *kind, input, false});
    } else {
      throw Error(path.string(), "",
                  fmt::format("the kind of data goes by its ending: expected {}, or a folder", kExpected));
    }
  }
  return files;
}

}  // namespace rw::data

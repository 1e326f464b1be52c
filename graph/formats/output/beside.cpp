#include "graph/formats/output/beside.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

namespace fs = std::filesystem;

void check_name(std::string_view name, const fs::path& path) {
  const auto refuse = [&](std::string_view why) {
    throw Error("", fmt::format("file '{}'", name),
                fmt::format("{}: files of a model lie in its folder or below", why));
  };
  if (name.empty()) throw Error("", "", "the name of a file is empty");
  if (name.find('\0') != std::string_view::npos) refuse("its path contains a null character");
  if (path.is_absolute()) refuse("its path is absolute");
  if (std::find(path.begin(), path.end(), "..") != path.end()) refuse("its path contains \"..\"");
}

bool lies_in(const fs::path& folder, const fs::path& path) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

}  // namespace

std::shared_ptr<const MappedFile> open_beside(const fs::path& model, std::string_view name) {
  const fs::path relative{std::string(name)};
  check_name(name, relative);
  const fs::path folder = model.parent_path().empty() ? fs::path(".") : model.parent_path();
  const fs::path path = model.parent_path() / relative;
  // Where links lead is looked at before anything is opened, and afterwards whether it is what was opened.
  std::error_code error;
  const fs::path real_folder = fs::canonical(folder, error);
  const fs::path real = error ? fs::path() : fs::canonical(path, error);
  if (error == std::errc::no_such_file_or_directory) throw missing_file(path.string());
  if (error) throw Error(path.string(), "", fmt::format("cannot open it: {}", error.message()));
  if (lies_in(real_folder, real))
    if (auto file = MappedFile::open(path); identity_of(real) == file->identity()) return file;
  throw Error("", fmt::format("file '{}'", name),
              "a link leads out of the model's folder: files of a model lie in its folder or below");
}

}  // namespace rw::graph

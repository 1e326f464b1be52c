#include "runtime/engine/library.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>

#include <filesystem>

#include "runtime/engine/shipped.hpp"

namespace rw::runtime {
namespace {

std::optional<std::string> read_file(const std::string& path, std::string& why) {
  constexpr std::uintmax_t kLargest = 16U << 20U;
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (error || !std::filesystem::exists(status)) {
    why = "no such file";
    return std::nullopt;
  }
  if (!std::filesystem::is_regular_file(status)) {
    why = "is no regular file";
    return std::nullopt;
  }
  if (std::filesystem::file_size(path, error) > kLargest || error) {
    why = "is larger than 16 MiB";
    return std::nullopt;
  }
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file && !file.eof()) {
    why = std::strerror(errno);
    return std::nullopt;
  }
  return text.str();
}

std::optional<std::string> shipped(std::string_view name) {
  for (const ShippedFile& file : shipped_files())
    if (file.name == name) return std::string(file.text);
  return std::nullopt;
}

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (const ShippedFile& file : shipped_files()) names.emplace_back(file.name);
  return names;
}

}  // namespace

const dsl::Library& rule_library() {
  static const dsl::Library library = {read_file, shipped, shipped_names};
  return library;
}

}  // namespace rw::runtime

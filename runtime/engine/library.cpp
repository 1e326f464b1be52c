#include "runtime/engine/library.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "runtime/engine/shipped.hpp"

namespace rw::runtime {
namespace {

// Closes what it opened.
class File {
 public:
  // Without waiting for a pipe that nobody writes into.
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (is_open()) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }
  bool is_regular() const {
    struct stat status = {};
    return ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  }
  // Appends what comes next: so many bytes, 0 at the end, -1 where it cannot be read (errno).
  ssize_t read_some(std::string& text) const {
    char buffer[1U << 16U];
    ssize_t size = -1;
    do size = ::read(descriptor_, buffer, sizeof buffer);
    while (size < 0 && errno == EINTR);
    if (size > 0) text.append(buffer, static_cast<std::size_t>(size));
    return size;
  }

 private:
  int descriptor_;
};

std::string reason(int error) {
  return error == ENOENT || error == ENOTDIR ? "no such file" : std::generic_category().message(error);
}

constexpr std::size_t kLargest = std::size_t{16} << 20U;  // bytes; more is no rule file (dsl/syntax/tree.hpp)

// All of it or nothing: rules that were read in part would do in part what they say.
std::optional<std::string> read_file(const std::string& path, std::string& why) {
  const File file(path);
  if (!file.is_open()) {
    why = reason(errno);
    return std::nullopt;
  }
  if (!file.is_regular()) {
    why = "is no regular file";
    return std::nullopt;
  }
  why.clear();
  std::string text;
  ssize_t size = 0;
  while (text.size() <= kLargest && (size = file.read_some(text)) > 0) {
  }
  if (size < 0) why = reason(errno);
  if (text.size() > kLargest) why = "is larger than 16 MiB";
  if (!why.empty()) return std::nullopt;
  return text;
}

std::optional<std::string> shipped(std::string_view name) {
  for (const ShippedFile& file : shipped_files())
    if (file.name == name) return std::string(file.text);
  return std::nullopt;
}

// Lines stay where they are. In a shipped file, which is formatted, declarations begin and end at the margin.
std::optional<std::string> shipped_without_tests(std::string_view name) {
  const std::optional<std::string> text = shipped(name);
  if (!text) return text;
  std::string rest;
  rest.reserve(text->size());
  bool in_test = false;
  for (std::size_t begin = 0, end = 0; begin < text->size(); begin = end) {
    end = std::min(text->find('\n', begin), text->size() - 1) + 1;
    const std::string_view line = std::string_view(*text).substr(begin, end - begin);
    in_test = in_test || line.starts_with("test ");
    rest += in_test ? std::string_view("\n") : line;
    in_test = in_test && !line.starts_with('}');
  }
  return rest;
}

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (const ShippedFile& file : shipped_files()) names.emplace_back(file.name);
  return names;
}

}  // namespace

const dsl::Library& rule_library(ShippedTests tests) {
  static const dsl::Library all = {read_file, shipped, shipped_names},
                            rules = {read_file, shipped_without_tests, shipped_names};
  return tests == ShippedTests::kept ? all : rules;
}

}  // namespace rw::runtime

// Runs the program under test, and folders for its files.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rw::test {

struct Outcome {
  int status = -1;  // exit status; -1: it did not exit by itself
  int signal = 0;   // that ended it; 0: none
  bool timed_out = false;
  std::string out, err;  // what it wrote
};

struct ShellOptions {
  std::filesystem::path folder = {};  // to run in; empty: the current one
  std::string input = {};             // on its standard input
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
};

// Runs a program with these arguments, without a shell in between. Throws std::system_error where it cannot be started.
Outcome run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                    const ShellOptions& options = {});

// Runs rewrite-engine.
Outcome run_engine(const std::vector<std::string>& arguments, const ShellOptions& options = {});

// Whether `part` stands in what was written.
inline bool contains(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

// A fresh folder that is removed at the end with all that is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string read_file(const std::filesystem::path& path);  // throws std::runtime_error
void write_file(const std::filesystem::path& path, const std::string& content);

}  // namespace rw::test

// A file that has no name until it is published: the system drops it with the process, however that ends. Where the
// file system cannot do that it has a hidden name, which is removed by the destructor and, as far as possible, by
// SIGINT, SIGTERM and SIGHUP.
#pragma once

#include <filesystem>
#include <string>

namespace rw::graph {

class TemporaryFile {
 public:
  // Opens one for writing in the folder of `target`, with the permissions of what stands there (else those of a new
  // file). `named`: with a hidden name, as if the file system could not do without. Error (file: target): what the
  // system says.
  explicit TemporaryFile(std::filesystem::path target, bool named = false);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int descriptor() const { return descriptor_; }
  const std::filesystem::path& target() const { return target_; }

  // Gives it its hidden name where it has none yet. Signals are held from here to publish().
  void name();
  // Puts it in the place of whatever stands at target(); named before.
  void publish();

 private:
  void open_named();
  void copy_permissions() const;
  [[noreturn]] void fail(const char* what) const;  // with errno

  std::filesystem::path target_;
  int descriptor_ = -1;
  std::string hidden_;  // the hidden path; empty: none
  int slot_ = -1;       // where the signal handler finds it
};

// Flushes the entries of a folder, so that a rename survives a loss of power. Best effort: not every system can.
void flush_folder(const std::filesystem::path& folder);

}  // namespace rw::graph

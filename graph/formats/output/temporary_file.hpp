// A file that has no name until it is put in its place: the system drops it with the process, however that ends. Where
// the file system cannot do that, and where descriptors run short, it has a hidden name, which is removed by the
// destructor and, as far as possible, by SIGINT, SIGTERM, SIGQUIT and SIGHUP.
#pragma once

#include <filesystem>
#include <string>

namespace rw::graph {

class TemporaryFile {
 public:
  enum class Name : bool {
    late,
    early
  };  // early: hidden from the beginning, as if the file system could not do without

  // Opens one for reading and writing. `target`: the name that it shall get; whatever stands there gives its
  // permissions, else they are `mode`, less what umask takes. `hidden`: the name that it has until then, in the same
  // folder; what stands there is removed. Error (file: target): what the system says.
  TemporaryFile(std::filesystem::path target, std::filesystem::path hidden, unsigned mode, Name name = Name::late);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  int descriptor() const { return descriptor_; }  // -1 between rest() and wake()
  const std::filesystem::path& target() const { return target_; }
  void set_target(std::filesystem::path target) { target_ = std::move(target); }  // in the same folder

  // Closes the descriptor until wake() where there are many of them and the file has a name to open it by.
  void rest();
  void wake();
  void sync();  // all bytes on the disk

  // Gives it its hidden name where it has none yet. Signals are held from here on (see commit.hpp).
  void name();
  // Puts it under target(), where nothing may stand; the hidden name stays, where the file system knows two names of
  // one file, and shows until the destructor that nothing else is there yet.
  void publish_beside();
  // Puts it in the place of whatever stands at target().
  void publish();

 private:
  void open_named();
  void set_permissions(unsigned mode);
  [[noreturn]] void fail(const char* what) const;  // with errno

  std::filesystem::path target_, hidden_;
  int descriptor_ = -1;
  bool named_ = false;  // hidden_ is there
  bool short_ = false;  // of descriptors
  int slot_ = -1;       // where the signal handler finds the hidden name
};

// Flushes the entries of a folder, so that a rename survives a loss of power. Best effort: not every system can.
void flush_folder(const std::filesystem::path& folder);

// The folder of a path: "." where it names none.
std::filesystem::path folder_of(const std::filesystem::path& path);

// Something has this name, be it a link that leads nowhere.
bool stands(const std::filesystem::path& path);

}  // namespace rw::graph

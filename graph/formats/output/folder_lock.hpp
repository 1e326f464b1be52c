// Keeps a second writer out of names in a folder, as long as this process lives and no longer.
#pragma once

#include <filesystem>
#include <string_view>

namespace rw::graph {

// A lock on a byte of one hidden file of the folder for each name, so that one descriptor is enough for any number of
// names and runs to different outputs do not meet. The file goes with the last one who uses it; one that a killed
// process left is taken over. Where the file system knows no locks there is none.
class FolderLock {
 public:
  explicit FolderLock(std::filesystem::path folder);
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  // False: another process (or another FolderLock) has it. Does not wait.
  bool take(std::string_view name);

 private:
  std::filesystem::path file_;
  int descriptor_ = -1, slot_ = -1;
};

}  // namespace rw::graph

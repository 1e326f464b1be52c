#include "graph/formats/output/place.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/base/digest.hpp"
#include "graph/formats/output/temporary_file.hpp"

namespace rw::graph {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOld = ".old.";
constexpr std::size_t kLongestName = 255;

// Those in a folder that begin so. Without a path for each: folders may hold a hundred thousand files.
std::vector<std::string> names_in(const fs::path& folder, std::string_view prefix) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> open(opendir(folder.empty() ? "." : folder.c_str()), closedir);
  if (open == nullptr) return names;
  while (const dirent* each = readdir(open.get())) {
    const std::string_view name = each->d_name;
    if (name.starts_with(prefix) && name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

using FileNumber = std::pair<dev_t, ino_t>;

// Files that were linked to their names from a hidden one.
void unlink_others(const fs::path& folder, const std::set<FileNumber>& files, std::string_view prefix) {
  for (const std::string& name : names_in(folder, "")) {
    struct stat status = {};
    if (name.starts_with(prefix) || lstat((folder / name).c_str(), &status) != 0) continue;
    if (files.contains({status.st_dev, status.st_ino})) unlink((folder / name).c_str());
  }
}

}  // namespace

Place::Place(const fs::path& target)
    : folder_(target.parent_path()),
      name_(target.filename().string()),
      prefix_(fmt::format(".rewrite-engine-{:016x}", digest_of(name_))) {}

fs::path Place::temporary(std::size_t number) const { return folder_ / fmt::format("{}-{}.tmp", prefix_, number); }

fs::path Place::old(const fs::path& target) const {
  std::string name = target.filename().string();
  // Too long to be said in a hidden name: then it does not come back by itself.
  if (prefix_.size() + kOld.size() + name.size() > kLongestName) name = fmt::format("{:016x}", digest_of(name));
  return folder_ / (prefix_ + std::string(kOld) + name);
}

void Place::recover() const {
  const std::vector<std::string> names = names_in(folder_, prefix_);
  const bool undone = stands(temporary(0));
  std::set<FileNumber> linked;
  for (const std::string& name : names) {
    struct stat status = {};
    if (lstat((folder_ / name).c_str(), &status) != 0) continue;
    if (undone && name.ends_with(".tmp") && status.st_nlink > 1) linked.emplace(status.st_dev, status.st_ino);
  }
  if (!linked.empty()) unlink_others(folder_, linked, prefix_);
  for (const std::string& name : names) {
    const std::string_view rest = std::string_view(name).substr(prefix_.size());
    if (undone && rest.starts_with(kOld))
      if (const fs::path target = folder_ / rest.substr(kOld.size()); !stands(target)) {
        rename((folder_ / name).c_str(), target.c_str());
        continue;
      }
    if (!undone && folder_ / name == old(folder_ / name_)) continue;
    // The model's own goes last: it says that nothing was done.
    if (rest != "-0.tmp") unlink((folder_ / name).c_str());
  }
  unlink(temporary(0).c_str());
}

}  // namespace rw::graph

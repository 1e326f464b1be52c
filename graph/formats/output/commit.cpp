#include "graph/formats/output/commit.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "graph/base/error.hpp"
#include "graph/formats/output/signals.hpp"

namespace rw::graph {
namespace {

namespace fs = std::filesystem;
using Role = Finished::Role;

class Commit {
 public:
  Commit(std::span<const Finished> files, bool durable) : files_(files), durable_(durable) {}

  void run(std::span<const fs::path> outdated) {
    try {
      put_in_place();
    } catch (const Error& error) {
      const std::string left = take_back();
      throw left.empty() ? error : Error(error.file, error.place, error.message + left);
    }
    // The old model last: it says what else is to go.
    for (const fs::path& each : outdated) unlink(each.c_str());
    for (const fs::path& each : moved_) unlink(each.c_str());
    flush();
  }

 private:
  void put_in_place() {
    for (const Finished& each : files_) each.file->name();
    each_of(Role::named_by_model, [&](const Finished& each) {
      each.file->publish_beside();
      undo_by_unlink(each.file->target());
    });
    flush();
    each_of(Role::beside, [&](const Finished& each) { move_away(each); });
    each_of(Role::model, [&](const Finished& each) { replace_model(each); });
    flush();
    each_of(Role::beside, [&](const Finished& each) {
      each.file->publish();
      undo_by_unlink(each.file->target());
    });
  }

  template <typename Step>
  void each_of(Role role, Step step) const {
    for (const Finished& each : files_)
      if (each.role == role) step(each);
  }

  void move_away(const Finished& each) {
    const fs::path& target = each.file->target();
    const fs::path old = each.place->old(target);
    moved_.push_back(old);
    if (!stands(target)) return;
    if (rename(target.c_str(), old.c_str()) != 0)
      throw Error(target.string(), "", fmt::format("cannot put it in its place: {}", std::strerror(errno)));
    undo_by_rename(old, target);
  }

  // A second name for the old model, to put it back by; where it cannot have one, what fails afterwards stays.
  void replace_model(const Finished& each) {
    const fs::path& target = each.file->target();
    const bool replaces = stands(target);
    const fs::path old = each.place->old(target);
    moved_.push_back(old);
    unlink(old.c_str());
    const bool kept = replaces && link(target.c_str(), old.c_str()) == 0;
    if (kept)
      undo_.emplace_back([old] {
        unlink(old.c_str());
        return std::string();
      });
    each.file->publish();
    if (kept)
      undo_by_rename(old, target);
    else if (!replaces)
      undo_by_unlink(target);
    else
      undo_.emplace_back([target] { return fmt::format("; '{}' is the new one already", target.string()); });
  }

  void undo_by_unlink(const fs::path& target) {
    undo_.emplace_back([target] {
      return unlink(target.c_str()) == 0 ? std::string()
                                         : fmt::format("; '{}' could not be taken away again", target.string());
    });
  }

  void undo_by_rename(const fs::path& old, const fs::path& target) {
    undo_.emplace_back([old, target] {
      return rename(old.c_str(), target.c_str()) == 0
                 ? std::string()
                 : fmt::format("; what stood at '{}' is '{}' now", target.string(), old.string());
    });
  }

  // What could not be taken back, for the message.
  std::string take_back() {
    std::string left;
    while (!undo_.empty()) {
      left += undo_.back()();
      undo_.pop_back();
    }
    return left;
  }

  void flush() const {
    if (!durable_) return;
    std::set<fs::path> folders;
    for (const Finished& each : files_) folders.insert(folder_of(each.file->target()));
    for (const fs::path& each : folders) flush_folder(each);
  }

  std::span<const Finished> files_;
  bool durable_;
  std::vector<std::function<std::string()>> undo_;
  std::vector<fs::path> moved_;
};

}  // namespace

void commit(std::span<const Finished> files, std::span<const fs::path> outdated, bool durable) {
  if (durable)
    for (const Finished& each : files) each.file->sync();
  const SignalsHeld held;  // the old files stand, or the new ones
  Commit(files, durable).run(outdated);
}

}  // namespace rw::graph

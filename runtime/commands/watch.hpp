// Running again and again: whenever a file that a run has read changes.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rw::commands {

// What a run has read, and what came of it. Filled in as far as the run comes.
struct Seen {
  bool complete = false;  // it came to its end
  std::vector<std::filesystem::path> files;
  std::map<std::string, std::string> matches;  // by the parents of the region: the rule that took it, and its scales
};

// "+ pair takes a, b (scale 1 .. 4)", one a line; "no match has changed" where they are the same.
std::string changes(const std::map<std::string, std::string>& before, const std::map<std::string, std::string>& now);

// Calls `run` until Ctrl-C (SIGINT) or SIGTERM, each time after a file has changed; what it throws or says does not end
// it. `always`: watched even where the run does not come to read them. Returns 0.
int watch(const std::vector<std::filesystem::path>& always, const std::function<int(Seen&)>& run);

}  // namespace rw::commands

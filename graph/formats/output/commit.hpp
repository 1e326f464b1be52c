// The last step of an output: finished files get their names, all of them or none.
//
//   1. every file gets a hidden name beside its place (a full folder, a lost right: known before anything has changed)
//   2. what the model names gets its name, under which no file stands
//   3. what has a fixed name and is not named by the model (statistics, plan, report) moves away where it stands
//   4. the model takes its place, by one rename: from here on the output is the new one
//   5. the new files of fixed names take theirs
//   6. what was moved away goes, and what only the old model named
//
// Whoever reads the model in between sees the old one or the new one, with all that it names; who reads a file of a
// fixed name the one that belongs to the model, or none. What fails in 1 to 5 is taken back. What a killed process has
// left is taken away by the next one (place.hpp).
#pragma once

#include <filesystem>
#include <span>

#include "graph/formats/output/place.hpp"
#include "graph/formats/output/temporary_file.hpp"

namespace rw::graph {

struct Finished {
  enum class Role : std::uint8_t { named_by_model, model, beside } role;
  TemporaryFile* file;
  const Place* place;
};

// `outdated`: what goes in step 6. With `durable` bytes and names are on the disk before and after step 4. Error: a
// file cannot get its name; all is as it was, or the message says what is not.
void commit(std::span<const Finished> files, std::span<const std::filesystem::path> outdated, bool durable);

}  // namespace rw::graph

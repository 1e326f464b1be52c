// A model as it was read: the network, its statistics, and what its format needs to write it back.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/base/mapped_file.hpp"
#include "graph/network.hpp"
#include "graph/rewriting.hpp"
#include "graph/statistics.hpp"

namespace rw::graph {

// What a format remembers of its source (byte ranges, file names) to write it back; each format derives its own.
struct Origin {
  virtual ~Origin() = default;
};

// Files of one output that a rule has touched carry the same mark (mark.hpp), so that a reader can tell them from those
// of another one.
struct Mark {
  std::string text;  // empty: none
  std::string file;  // the first file that has it
};

struct Model {
  Network network;
  Statistics statistics;
  std::filesystem::path path;
  // Every file that was read for it, the model file first. Literals and statistics view these files. No output may be
  // one of them, and nothing is written if one of them has changed since.
  std::vector<std::shared_ptr<const MappedFile>> sources;
  std::uint64_t bytes = 0;               // size of these files together
  Mark mark;                             // of all files that have one
  std::shared_ptr<const Origin> origin;  // what the format needs to write it back
};

struct Written {
  std::vector<std::filesystem::path> files;
  std::uint64_t bytes = 0;
  std::string mark;                // that the files carry; empty: none
  std::vector<std::string> notes;  // sentences for the report: what is not as somebody might expect
};

// Reads a model; the format goes by the file's ending. Error: anything wrong with it (exit 1).
Model read_model(const std::filesystem::path& path);

// Reads FILE of --stats and adds its entries to the model's. Error: anything wrong with it.
void read_statistics(const std::filesystem::path& path, Model& model);

// Writes `model` with `rewriting` applied to `out` (model.json: OUT.json and the weight files beside it; `out` is the
// JSON file's path, ending included). All files or none, as a reader sees it (formats/output/commit.hpp). Error:
// nothing is left behind and what stood there stands. With `dry`, everything is computed and checked and nothing is
// written.
Written write_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, bool dry = false);

}  // namespace rw::graph

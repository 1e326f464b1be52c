// The formats that models come in: one row each in format.cpp.
#pragma once

#include <filesystem>
#include <string_view>

#include "graph/formats/reading/model_files.hpp"
#include "graph/model.hpp"
#include "graph/rewritten.hpp"

namespace rw::graph {

class Output;

struct Format {
  std::string_view ending;  // of the file name, with the dot
  std::string_view name;
  Model (*read)(const std::filesystem::path& path);
  // Adds the files of what a rewriting makes of `model` to `output`, which knows the name of the model (begin_model).
  void (*write)(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);
  // The same for a model that was read in another format.
  void (*convert)(const Model& model, const Rewritten& rewritten, const std::filesystem::path& out, Output& output);
  // The files that a model names, and its mark. Error: it cannot be read.
  ModelFiles (*files)(const std::filesystem::path& path);
};

// Adds the entries of a text of statistics, as read_statistics does those of a file. The text is copied.
void add_statistics(std::string_view text, Model& model);

// Error: no format has this ending.
const Format& format_of(const std::filesystem::path& path);

}  // namespace rw::graph

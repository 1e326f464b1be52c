// What tells the files of one output from those of another: made from what is done and from what it is done to, so that
// the same run gives the same mark on every machine and at any time.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "graph/model.hpp"

namespace rw::graph {

// 16 hexadecimal digits, whatever files the model comes in. Of a constant that is edited it takes a few bytes, of
// others their names: weights are not read for it. (Two networks that differ in nothing else, and in nothing that the
// rules saw, have the same mark.)
std::string mark_of(const Model& model, const Rewriting& rewriting);

bool is_mark(std::string_view text);  // made by mark_of()

// The mark of the files of an output: mark_of() where the rewriting changes anything; nothing where a model goes
// through as it is. Where it is for sizes alone, as nothing is written, any text of its length serves.
enum class MarkFor : bool { sizes, files };
std::optional<std::string> mark_for(const Model& model, const Rewriting& rewriting, MarkFor use = MarkFor::files);

// The key of a mark in formats where keys are anybody's.
inline constexpr std::string_view kMarkKey = "rewrite-engine.mark";

// `file` has the mark `text` (empty: none), and belongs together with the files of `known`. Error (file: it): it
// belongs to another output.
void agree(Mark& known, std::string_view text, const std::filesystem::path& file);

}  // namespace rw::graph

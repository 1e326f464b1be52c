// write_model (model.hpp) in parts, for an output that is more than a model.
#pragma once

#include "graph/formats/output/output.hpp"
#include "graph/model.hpp"

namespace rw::graph {

// Adds the files of `model` with `rewriting` applied to `output`, which puts them in place. Returns their names and
// bytes. `mark`: what its files carry (see mark.hpp; empty: none); without a value they keep theirs. `progress` is
// called with the bytes that have been written so far, every 256 KiB or so.
Written add_model(const Model& model, const Rewriting& rewriting, const std::filesystem::path& out, Output& output,
                  const std::optional<std::string>& mark = {}, const Output::Progress* progress = nullptr);

}  // namespace rw::graph

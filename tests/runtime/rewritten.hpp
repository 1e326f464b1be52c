// A network rewritten through files, as the program does it: saved, read, rewritten, written, read again.
#pragma once

#include "runtime/engine/run.hpp"
#include "tests/runtime/engine.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/net.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

struct Rewritten {
  graph::Model before, after;
  dsl::Loaded rules;
  runtime::Outcome outcome;
};

// Reads a model, rewrites it by the rules (the name of a file that ships, or the text of one, which goes to the
// folder), writes it to folder/to, and reads that.
Rewritten rewrite_file(const std::filesystem::path& model, const std::string& rules, const TemporaryFolder& folder,
                       const std::string& to, const runtime::RunOptions& options = {});

// The same from a model.json of the network, to one.
Rewritten rewrite_through_files(const Net& net, const std::string& rules, const TemporaryFolder& folder,
                                const runtime::RunOptions& options = {});

runtime::RunOptions exactly();  // --exact

// The largest difference() over the outputs of the network and `samples` random inputs.
double largest_difference(const Net& net, const Rewritten& rewritten, int samples);

// How far the outputs move where every weight is moved to a neighbouring float at random: what rounding alone can do to
// this network. A network whose outputs are differences of large numbers is moved far.
double rounding_noise(const Net& net, int samples);

bool outputs_identical(const Net& net, const Rewritten& rewritten, int samples);

}  // namespace rw::test

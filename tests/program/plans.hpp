// What tests of plans share: runs that must go well, and the two promises of a plan.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/shell.hpp"

namespace rw::test {

using Words = std::vector<std::string>;

// Runs rewrite-engine in the folder; its exit status must be 0.
Outcome must(const TemporaryFolder& folder, const Words& words);

void same_files(const std::filesystem::path& a, const std::filesystem::path& b);

// Runs the rules on `model`, to `out` and with --plan plan.json, and applies that plan to the model, to `out`: every
// file that the run wrote must come out again, byte for byte. `more` goes with the run, of it `--stats FILE` with both.
void apply_gives_what_the_run_wrote(const TemporaryFolder& folder, const std::string& model, const Words& rules,
                                    const std::string& out, const Words& more = {});

// Runs the rules with --exact and takes the plan back from what came out: every constant of the model must have the
// bytes that it had. And once more from that, which is laid out and spelled as the engine does it: now every file must
// come back, byte for byte.
void undo_gives_the_bytes_of_before(const TemporaryFolder& folder, const std::string& model, const Words& rules,
                                    const Words& more = {});

}  // namespace rw::test

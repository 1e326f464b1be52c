// Runs the engine under ptrace, from one system call to the next, and does something to it at one of them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace rw::test {

struct Fault {
  enum class Kind : std::uint8_t {
    none,
    kill,       // SIGKILL before the call
    terminate,  // SIGTERM before the call
    fail,       // the call fails with `error`
  } kind = Kind::none;
  std::size_t at = 0;  // of the calls that count
  int error = 0;
};

struct Traced {
  int status = -1;  // exit status; -1: a signal ended it
  int signal = 0;
  std::vector<std::string> calls;  // that count: from the first on that touches the place of the output
  std::string said;                // on standard error
};

// Nothing: processes cannot be traced here (or calls of this machine cannot be made to fail). One thread.
std::optional<Traced> trace_engine(std::vector<std::string> arguments, const std::filesystem::path& folder,
                                   const Fault& fault);

// Whether a call of this name can fail in practice, because it changes files or reads them.
bool can_fail(const std::string& call);

// Whether names may lead to other files after a call of this name than before it.
bool changes_names(const std::string& call);

}  // namespace rw::test

#include "runtime/commands/failure.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <new>
#include <system_error>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

std::string with_file(const std::string& about, std::string_view message) {
  return about.empty() ? std::string(message) : fmt::format("{}: {}", about, message);
}

}  // namespace

int fail(Exit status, std::string_view message) {
  runtime::complain(std::string(message) + "\n");
  return status;
}

int guarded(const std::string& about, graph::FunctionRef<int()> run) {
  try {
    return run();
  } catch (const UsageError& error) {
    return fail(kUsage, fmt::format("rewrite-engine: {}", error.what()));
  } catch (const runtime::Refusal& refusal) {
    return fail(kRefused, fmt::format("{}; nothing was written", refusal.message));
  } catch (const graph::Error& error) {
    return fail(kMistake, graph::printable(error, about).what());
  } catch (const std::bad_alloc&) {
    return fail(kMistake, with_file(about, "does not fit into memory"));
  } catch (const std::filesystem::filesystem_error& error) {
    return fail(kMistake, with_file(graph::printable(error.path1().string()), error.code().message()));
  } catch (const std::system_error& error) {
    if (std::ferror(stdout) != 0)
      return fail(kMistake, fmt::format("cannot write to standard output: {}", error.code().message()));
    return fail(kMistake, with_file(about, error.what()));
  } catch (const std::exception& error) {
    return fail(kMistake, with_file(about, fmt::format("a mistake of rewrite-engine itself: {}", error.what())));
  }
}

}  // namespace rw::commands

#include "runtime/commands/failure.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <system_error>
#include <vector>

#include "dsl/text/spelling.hpp"
#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/text/console.hpp"

namespace rw::commands {
namespace {

namespace fs = std::filesystem;

std::string with_file(const std::string& about, std::string_view message) {
  return about.empty() ? std::string(message) : fmt::format("{}: {}", about, message);
}

// What a name that is none may mean: a file beside it with nearly this name, or with another ending; those that are
// there.
std::string what_is_there(const fs::path& path) {
  constexpr std::size_t kMostRead = 1000, kMostTold = 5;
  std::error_code ignored;
  if (fs::is_symlink(path, ignored))
    return fmt::format("it is a link to '{}', where there is nothing", fs::read_symlink(path, ignored).string());
  const fs::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!fs::is_directory(folder, ignored)) return fmt::format("there is no folder '{}'", folder.string());
  std::vector<std::string> like, called;  // with this ending; with this stem
  std::size_t read = 0;
  for (auto each = fs::directory_iterator(folder, ignored);
       !ignored && each != fs::directory_iterator() && read < kMostRead; each.increment(ignored), ++read) {
    if (each->path().extension() == path.extension()) like.push_back(each->path().filename().string());
    if (each->path().stem() == path.stem()) called.push_back(each->path().filename().string());
  }
  std::sort(like.begin(), like.end());
  std::sort(called.begin(), called.end());
  if (std::string meant = dsl::did_you_mean(path.filename().string(), {like.begin(), like.end()}); !meant.empty())
    return meant;
  if (!called.empty()) return fmt::format("did you mean '{}'?", called[0]);
  if (!like.empty() && like.size() <= kMostTold)
    return fmt::format("in its folder there are: {}", fmt::join(like, ", "));
  return path.is_absolute() ? "" : fmt::format("it is looked for from '{}'", fs::current_path(ignored).string());
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
    const std::string hint = error.missing ? what_is_there(error.file) : "";
    return fail(kMistake, fmt::format("{}{}{}", graph::printable(error, about).what(), hint.empty() ? "" : ": ",
                                      graph::printable(hint)));
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

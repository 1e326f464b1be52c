#include "tests/support/shell.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

#include "tests/support/paths.hpp"

namespace rw::test {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

// Both ends of a pipe, closed at the end of their scope. Other programs that we start do not get them.
struct Pipe {
  Pipe() {
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  }
  ~Pipe() {
    shut(0);
    shut(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void shut(std::size_t end) {
    if (ends[end] >= 0) ::close(ends[end]);
    ends[end] = -1;
  }

  std::array<int, 2> ends{-1, -1};  // to read from, to write to
};

struct Child {
  Pipe input, out, err;
  pid_t id = -1;
};

// In the child, between fork and exec: nothing but system calls.
[[noreturn]] void become(Child& child, const char* program, char* const* arguments, const char* folder) {
  ::signal(SIGPIPE, SIG_DFL);
  ::dup2(child.input.ends[0], STDIN_FILENO);
  ::dup2(child.out.ends[1], STDOUT_FILENO);
  ::dup2(child.err.ends[1], STDERR_FILENO);
  if (*folder == '\0' || ::chdir(folder) == 0) ::execv(program, arguments);
  ::_exit(127);
}

void start(Child& child, const std::string& program, const std::vector<std::string>& arguments,
           const std::string& folder) {
  std::vector<char*> pointers = {const_cast<char*>(program.c_str())};
  for (const std::string& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  child.id = ::fork();
  if (child.id < 0) fail("fork");
  if (child.id == 0) become(child, program.c_str(), pointers.data(), folder.c_str());
  child.input.shut(0);
  child.out.shut(1);
  child.err.shut(1);
}

// Reads what there is; closes the pipe at its end.
void drain(Pipe& pipe, std::string& into) {
  std::array<char, 65536> buffer;
  const ssize_t got = ::read(pipe.ends[0], buffer.data(), buffer.size());
  if (got > 0)
    into.append(buffer.data(), static_cast<std::size_t>(got));
  else if (got == 0 || errno != EINTR)
    pipe.shut(0);
}

void feed(Pipe& pipe, const std::string& input, std::size_t& fed) {
  const ssize_t put = ::write(pipe.ends[1], input.data() + fed, input.size() - fed);
  if (put > 0) fed += static_cast<std::size_t>(put);
  if (fed == input.size() || (put < 0 && errno != EINTR && errno != EAGAIN)) pipe.shut(1);
}

// Moves bytes until the program has closed its outputs; false where the time is over before that.
bool converse(Child& child, const std::string& input, Outcome& outcome, Clock::time_point deadline) {
  std::size_t fed = 0;
  ::fcntl(child.input.ends[1], F_SETFL, O_NONBLOCK);  // it may not read what it is given
  if (input.empty()) child.input.shut(1);
  while (child.out.ends[0] >= 0 || child.err.ends[0] >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 3> watched = {pollfd{child.out.ends[0], POLLIN, 0}, pollfd{child.err.ends[0], POLLIN, 0},
                                     pollfd{child.input.ends[1], POLLOUT, 0}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(left)) < 0 && errno != EINTR) fail("poll");
    if (watched[0].revents != 0) drain(child.out, outcome.out);
    if (watched[1].revents != 0) drain(child.err, outcome.err);
    if (watched[2].revents != 0) feed(child.input, input, fed);
  }
  return true;
}

// Waits until the program has ended; false where the time is over before that.
bool reap(const Child& child, int& status, Clock::time_point deadline) {
  for (;;) {
    const pid_t ended = ::waitpid(child.id, &status, WNOHANG);
    if (ended == child.id) return true;
    if (ended < 0 && errno != EINTR) fail("waitpid");
    if (Clock::now() >= deadline) return false;
    ::usleep(1000);
  }
}

}  // namespace

Outcome run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                    const ShellOptions& options) {
  if (::access(program.c_str(), X_OK) != 0) fail(program.c_str());
  ::signal(SIGPIPE, SIG_IGN);  // a program that ends before it has read its input is not our end
  Outcome outcome;
  Child child;
  start(child, program.string(), arguments, options.folder.string());
  const Clock::time_point deadline = Clock::now() + options.timeout;
  int status = 0;
  if (!converse(child, options.input, outcome, deadline) || !reap(child, status, deadline)) {
    outcome.timed_out = true;
    ::kill(child.id, SIGKILL);
    ::waitpid(child.id, &status, 0);
  }
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  return outcome;
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "rewrite-engine-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("mkdtemp");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(fmt::format("cannot read '{}'", path.string()));
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) throw std::runtime_error(fmt::format("cannot write '{}'", path.string()));
}

Outcome run_engine(const std::vector<std::string>& arguments, const ShellOptions& options) {
  return run_program(program_path(), arguments, options);
}

}  // namespace rw::test

#include "tests/faults/tracer.hpp"

#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {
namespace {

constexpr const char *kSaid = "said.txt", *kTold = "told.txt";

struct Row {
  std::uint64_t number;
  const char* name;
  bool fails, changes;
};
constexpr std::array kRows = {
    Row{SYS_openat, "openat", true, true},
    Row{SYS_write, "write", true, false},
    Row{SYS_pwrite64, "pwrite64", true, false},
    Row{SYS_fsync, "fsync", true, false},
    Row{SYS_fallocate, "fallocate", true, false},
    Row{SYS_fchmod, "fchmod", true, false},
    Row{SYS_linkat, "linkat", true, true},
    Row{SYS_renameat2, "renameat2", true, true},
    Row{SYS_unlinkat, "unlinkat", true, true},
    Row{SYS_fcntl, "fcntl", true, false},
    Row{SYS_close, "close", false, false},
    Row{SYS_exit_group, "exit_group", false, true},
    Row{SYS_read, "read", true, false},
    Row{SYS_pread64, "pread64", true, false},
    Row{SYS_newfstatat, "stat", true, false},
    Row{SYS_getdents64, "getdents64", true, false},
#ifdef SYS_link
    Row{SYS_link, "link", true, true},
#endif
#ifdef SYS_rename
    Row{SYS_rename, "rename", true, true},
#endif
#ifdef SYS_unlink
    Row{SYS_unlink, "unlink", true, true},
#endif
};

const Row* row_of(const std::string& call) {
  const auto found = std::find_if(kRows.begin(), kRows.end(), [&](const Row& row) { return call == row.name; });
  return found == kRows.end() ? nullptr : &*found;
}

std::string name_of(std::uint64_t number) {
  for (const Row& row : kRows)
    if (row.number == number) return row.name;
  return "call " + std::to_string(number);
}

std::string text_at(pid_t process, std::uint64_t address) {
  std::array<char, 256> buffer = {};
  iovec to = {buffer.data(), buffer.size() - 1}, from = {reinterpret_cast<void*>(address), buffer.size() - 1};
  // The text may end just before a page that is not there.
  for (; from.iov_len > 0 && process_vm_readv(process, &to, 1, &from, 1, 0) < 0; from.iov_len /= 2) {
  }
  return buffer.data();
}

[[noreturn]] void become(const std::vector<std::string>& arguments, const std::filesystem::path& folder) {
  std::vector<char*> pointers;
  const std::string program = program_path();
  pointers.push_back(const_cast<char*>(program.c_str()));
  for (const std::string& each : arguments) pointers.push_back(const_cast<char*>(each.c_str()));
  pointers.push_back(nullptr);
  if (chdir(folder.c_str()) != 0) _exit(126);
  for (const int signal : {SIGTERM, SIGINT, SIGABRT, SIGSEGV, SIGPIPE}) ::signal(signal, SIG_DFL);
  const std::string outside = folder.string() + ".";
  const auto redirect = [&](const char* name, int to) {
    const int descriptor = open((outside + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(descriptor, to);
    close(descriptor);
  };
  redirect(kTold, STDOUT_FILENO);
  redirect(kSaid, STDERR_FILENO);
  if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(127);
  raise(SIGSTOP);
  execv(program.c_str(), pointers.data());
  _exit(126);
}

// The call does not happen; what it returns is set when it is over.
bool skip_call(pid_t process) {
#ifdef __x86_64__
  user_regs_struct registers = {};
  if (ptrace(PTRACE_GETREGS, process, nullptr, &registers) != 0) return false;
  registers.orig_rax = static_cast<unsigned long long>(-1);
  return ptrace(PTRACE_SETREGS, process, nullptr, &registers) == 0;
#else
  static_cast<void>(process);
  return false;
#endif
}

void return_error(pid_t process, int error) {
#ifdef __x86_64__
  user_regs_struct registers = {};
  ptrace(PTRACE_GETREGS, process, nullptr, &registers);
  registers.rax = static_cast<unsigned long long>(-static_cast<long long>(error));
  ptrace(PTRACE_SETREGS, process, nullptr, &registers);
#else
  static_cast<void>(process), static_cast<void>(error);
#endif
}

class Tracer {
 public:
  Tracer(pid_t process, const Fault& fault) : process_(process), fault_(fault) {}

  bool run(Traced& traced) {
    int status = 0;
    waitpid(process_, &status, 0);
    if (!WIFSTOPPED(status)) return false;
    if (ptrace(PTRACE_SETOPTIONS, process_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0) return false;
    int signal = 0;
    for (;;) {
      if (ptrace(PTRACE_SYSCALL, process_, nullptr, signal) != 0 && errno != ESRCH) return false;
      if (waitpid(process_, &status, 0) < 0) return false;
      if (WIFEXITED(status)) traced.status = WEXITSTATUS(status);
      if (WIFSIGNALED(status)) traced.signal = WTERMSIG(status);
      if (!WIFSTOPPED(status)) return true;
      signal = WSTOPSIG(status);
      if (signal == (SIGTRAP | 0x80)) {
        signal = 0;
        if (!at_call(traced)) return false;
      } else if (signal == SIGTRAP) {
        signal = 0;  // of execv
      }
    }
  }

 private:
  bool at_call(Traced& traced) {
    __ptrace_syscall_info info = {};
    if (ptrace(static_cast<__ptrace_request>(PTRACE_GET_SYSCALL_INFO), process_, sizeof info, &info) <= 0) return false;
    if (info.op == PTRACE_SYSCALL_INFO_EXIT && failing_) {
      return_error(process_, fault_.error);
      failing_ = false;
    }
    if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return true;
    const std::string name = name_of(info.entry.nr);
    counts_ = counts_ || (info.entry.nr == SYS_openat &&
                          text_at(process_, info.entry.args[1]).find(".rewrite-engine.lock") != std::string::npos);
    if (!counts_) return true;
    traced.calls.push_back(name);
    if (fault_.kind == Fault::Kind::none || traced.calls.size() - 1 != fault_.at) return true;
    if (fault_.kind == Fault::Kind::kill) kill(process_, SIGKILL);
    if (fault_.kind == Fault::Kind::terminate) kill(process_, SIGTERM);
    failing_ = fault_.kind == Fault::Kind::fail;
    return !failing_ || skip_call(process_);
  }

  pid_t process_;
  Fault fault_;
  bool counts_ = false, failing_ = false;
};

}  // namespace

std::optional<Traced> trace_engine(std::vector<std::string> arguments, const std::filesystem::path& folder,
                                   const Fault& fault) {
  arguments.insert(arguments.end(), {"--threads", "1"});
  const pid_t process = fork();
  if (process == 0) become(arguments, folder);
  Traced traced;
  if (!Tracer(process, fault).run(traced)) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
    return std::nullopt;
  }
  if (traced.status == 127) return std::nullopt;
  traced.said = read_file(folder.string() + "." + kSaid);
  for (const char* each : {kSaid, kTold}) std::filesystem::remove(folder.string() + "." + each);
  return traced;
}

bool can_fail(const std::string& call) { return row_of(call) && row_of(call)->fails; }

bool changes_names(const std::string& call) { return row_of(call) && row_of(call)->changes; }

}  // namespace rw::test

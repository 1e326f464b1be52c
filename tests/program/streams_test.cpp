// What becomes of a run that cannot say what it has to say, or is asked to write to what is no file: an exit status and
// a message where there is somebody to hear it, never an abort, and nothing written.
#include <fmt/format.h>
#include <sys/stat.h>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;

namespace {

// A command line as a shell reads it; PROGRAM is rewrite-engine.
Outcome shell(const std::string& line, const std::filesystem::path& folder) {
  std::string whole = line;
  for (std::size_t at = 0; (at = whole.find("PROGRAM", at)) != std::string::npos;) whole.replace(at, 7, program_path());
  return run_program("/bin/sh", {"-c", whole}, {.folder = folder});
}

struct Folder {
  TemporaryFolder folder;
  Folder() {
    for (const char* name : {"digits_res.json", "digits_res.safetensors"})
      std::filesystem::copy_file(data_path(name), folder / name);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
  }
  Outcome run(const std::string& line) const { return shell(line, folder.path()); }
};

const std::string kRun = "PROGRAM digits_res.json equalization -o out.json ";

}  // namespace

TEST_CASE("Standard error that cannot be written") {
  const Folder folder;
  for (const char* command :
       {"PROGRAM none.json equalization", "PROGRAM digits_res.json none", "PROGRAM", "PROGRAM --wrong",
        "PROGRAM check ./none.dsl", "PROGRAM fmt ./none.dsl", "PROGRAM digits_res.json equalization --require none",
        "PROGRAM digits_res.json equalization -q --dry-run --require concat"})
    for (const char* gone : {"2>/dev/full", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"}) {
      INFO(command << " " << gone);
      const Outcome expected = folder.run(command);
      const Outcome outcome = folder.run(fmt::format("{} {}", command, gone));
      CHECK(outcome.signal == 0);
      CHECK(outcome.status == expected.status);
      CHECK(expected.status > 0);
    }
}

TEST_CASE("Standard output that cannot be written: exit status 1, and nothing is written") {
  const Folder folder;
  for (const char* gone : {">/dev/full", ">&-"}) {
    for (const std::string& command :
         {kRun, kRun + "--json report.json --plan plan.json", std::string("PROGRAM --help"),
          std::string("PROGRAM --version"), std::string("PROGRAM help run"), std::string("PROGRAM run --help"),
          std::string("PROGRAM man"), std::string("PROGRAM ops"), std::string("PROGRAM check equalization"),
          std::string("PROGRAM test equalization"), std::string("PROGRAM explain digits_res.json equalization")}) {
      INFO(command << gone);
      const Outcome outcome = folder.run(command + gone);
      CHECK(outcome.status == 1);
      CHECK(contains(outcome.err, "cannot write to standard output: "));
      CHECK(folder.files() == 2);
    }
    CHECK(folder.run(kRun + "-q " + gone).status == 0);  // says nothing
    for (const char* name : {"out.json", "out.safetensors"}) std::filesystem::remove(folder.folder / name);
  }
}

TEST_CASE("What closed streams leave free is not taken for a file of the run") {
  const Folder folder;
  REQUIRE(folder.run(kRun + "-q").status == 0);
  const std::string weights = read_file(folder.folder / "out.safetensors"),
                    model = read_file(folder.folder / "out.json");
  for (const char* name : {"out.json", "out.safetensors"}) std::filesystem::remove(folder.folder / name);
  // Warnings and the report have nowhere to go, least of all into the weights.
  REQUIRE(folder.run(kRun + "-q <&- >&- 2>&-").status == 0);
  CHECK(read_file(folder.folder / "out.safetensors") == weights);
  CHECK(read_file(folder.folder / "out.json") == model);
}

TEST_CASE("A reader that goes after the report does not end a run that is done") {
  const Folder folder;
  const Outcome outcome = folder.run("(" + kRun + "; echo $? >status) | head -n 1");
  CHECK(contains(outcome.out, "digits_res.json"));
  CHECK(read_file(folder.folder / "status") == "0\n");
  CHECK(std::filesystem::exists(folder.folder / "out.json"));
}

TEST_CASE("An output is a file: devices, folders, pipes and open files are refused by name") {
  const Folder folder;
  REQUIRE(mkfifo((folder.folder / "pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(folder.folder / "folder");
  struct Row {
    const char *name, *why;
  };
  for (const Row& row : {Row{"/dev/null", "is a device"}, Row{"/dev/full", "is a device"},
                         Row{"/dev/stdout", "is a name of the system for an open file"}, Row{"folder", "is a folder"},
                         Row{"pipe", "is not a regular file"}}) {
    for (const char* command :
         {"PROGRAM digits_res.json equalization -o ", "PROGRAM digits_res.json equalization -o out.json --plan ",
          "PROGRAM digits_res.json equalization -o out.json --json ",
          "PROGRAM digits_res.json equalization --dry-run --json ",
          "PROGRAM explain digits_res.json equalization --json "}) {
      INFO(command << row.name);
      const Outcome outcome = folder.run(std::string(command) + row.name);
      CHECK(outcome.status == 1);
      CHECK(outcome.err.starts_with(fmt::format("{}: {}", row.name, row.why)));
      CHECK(folder.files() == 4);
    }
  }
  for (const char* made : {"/dev/null.json", "/dev/full.json"}) CHECK(!std::filesystem::exists(made));
}

TEST_CASE("Every message about a file names it") {
  const Folder folder;
  const std::string longest(300, 'a');
  std::filesystem::create_symlink("loop.json", folder.folder / "loop.json");
  struct Row {
    std::string command, name;
  };
  for (const Row& row :
       {Row{"PROGRAM digits_res.json equalization -o " + longest, longest},
        Row{"PROGRAM digits_res.json equalization -o " + longest + ".json", longest},
        Row{"PROGRAM digits_res.json equalization --plan " + longest, longest},
        Row{"PROGRAM digits_res.json equalization --json " + longest, longest},
        Row{"PROGRAM digits_res.json equalization --stats " + longest, longest},
        Row{"PROGRAM digits_res.json ./" + longest, longest}, Row{"PROGRAM " + longest + ".json equalization", longest},
        Row{"PROGRAM loop.json equalization", "loop.json"},
        Row{"PROGRAM apply " + longest + " digits_res.json", longest}, Row{"PROGRAM fmt ./" + longest, longest},
        Row{"PROGRAM digits_res.json equalization -o none/out.json", "none/out.json"}}) {
    INFO(row.command);
    const Outcome outcome = folder.run(row.command);
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.err, row.name.substr(0, 50)));
    CHECK(!contains(outcome.err, "standard output"));
    CHECK(folder.files() == 3);
  }
}

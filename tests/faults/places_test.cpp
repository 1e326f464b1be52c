// Places where an output cannot go, files that others share, two runs at once, and more files than descriptors.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "graph/base/error.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/formats/write_model.hpp"
#include "tests/faults/folder.hpp"
#include "tests/faults/tracer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shards.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;
namespace o = rw::test::onnx;

namespace {

// A folder with a model m.json, ranges in it, and rules that scale by two and by four.
struct Place {
  TemporaryFolder folder;
  Place() {
    Net net;
    const auto x = net.input("x", {1, 3, 4, 4});
    net.output(net.conv("c", net.relu("r", net.conv("a", x, 8, {.spread = 3})), 4));
    net.calibrate();
    net.save(folder.path(), "m");
    for (const int scale : {2, 4})
      write_file(
          folder / fmt::format("by{}.dsl", scale),
          fmt::format("rule by{} {{\n  region r {{\n    parents  Conv as p\n    through  Relu\n    children Conv as "
                      "c\n  }}\n  do scale(p, {})\n}}\n",
                      scale, scale));
    write_file(folder / "none.dsl", "set unused = Relu\n");
  }
  fs::path operator/(const char* name) const { return folder / name; }
  Outcome run(const Words& words) const { return run_engine(words, {.folder = folder.path()}); }
  void must(const Words& words) const {
    const Outcome outcome = run(words);
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
  }
  // The weight files that a model names.
  Words weights(const char* model) const {
    Words names;
    const graph::Model read = graph::read_model(folder / model);
    for (std::size_t i = 1; i < read.sources.size(); ++i) names.push_back(read.sources[i]->path().filename());
    return names;
  }
  std::string first_weight(const char* model) const {
    const graph::Model read = graph::read_model(folder / model);
    const auto bytes = read.network.tensor(read.network.find("a.weight").value()).constant->bytes;
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
};

bool set_immutable(const fs::path& file, bool on) {
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  int flags = 0;
  bool done = descriptor >= 0 && ioctl(descriptor, FS_IOC_GETFLAGS, &flags) == 0;
  flags = on ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  done = done && ioctl(descriptor, FS_IOC_SETFLAGS, &flags) == 0;
  close(descriptor);
  return done;
}

// Runs in a child as the user nobody, where this is root; its exit status.
int as_nobody(const std::function<int()>& run) {
  constexpr uid_t kNobody = 65534;
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(99);
    _exit(run());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// 1 and the error on standard error, as the program has it.
int write_in_child(const fs::path& model, const fs::path& out, const std::string& expected) {
  return as_nobody([&] {
    try {
      graph::write_model(graph::read_model(model), {}, out);
      return 0;
    } catch (const graph::Error& error) {
      if (std::string_view(error.what()).find(expected) == std::string_view::npos) fmt::print("{}\n", error.what());
      return std::string_view(error.what()).find(expected) == std::string_view::npos ? 2 : 1;
    }
  });
}

}  // namespace

TEST_CASE("What cannot be replaced stays, and all else with it") {
  const Place place;
  place.must({"m.json", "./none.dsl", "-o", "i.onnx"});
  const Words run = {"i.onnx",   "./by4.dsl", "--stats",   "i.stats.json", "-o",
                     "out.onnx", "--plan",    "plan.json", "--json",       "report.json"};
  place.must({"i.onnx", "./by2.dsl", "--stats", "i.stats.json", "-o", "out.onnx", "--plan", "plan.json", "--json",
              "report.json"});
  const Content before = content_of(place.folder.path());
  for (const char* name : {"out.onnx", "out.stats.json", "plan.json", "report.json"}) {
    INFO(name);
    const auto refused = [&] {
      const Outcome outcome = place.run(run);
      CHECK(outcome.status == 1);
      CHECK(contains(outcome.err, fmt::format("{}: cannot put it in its place: ", name)));
      CHECK((content_of(place.folder.path()) == before));
    };
    if (set_immutable(place / name, true)) {
      refused();
      REQUIRE(set_immutable(place / name, false));
    } else {
      WARN("skipped: no file can be made immutable here");
    }
    if (mount((place / name).c_str(), (place / name).c_str(), nullptr, MS_BIND, nullptr) == 0) {
      refused();
      REQUIRE(umount((place / name).c_str()) == 0);
    } else {
      WARN("skipped: nothing can be mounted here");
    }
  }
  place.must(run);
}

TEST_CASE("Folders in which nothing may be made or replaced") {
  const Place place;
  fs::permissions(place.folder.path(), fs::perms(0755));
  for (const char* folder : {"closed", "sticky"}) fs::create_directory(place / folder);
  write_file(place / "sticky/out.json", "somebody else's");
  fs::permissions(place / "closed", fs::perms(0555));
  fs::permissions(place / "sticky", fs::perms(01777));
  CHECK(write_in_child(place / "m.json", place / "closed/out.json",
                       "cannot make a file in its folder: Permission denied") == 1);
  CHECK(names_of(place / "closed").empty());
  if (geteuid() == 0) {
    CHECK(write_in_child(place / "m.json", place / "sticky/out.json",
                         "out.json: cannot put it in its place: Operation not permitted") == 1);
    CHECK(read_file(place / "sticky/out.json") == "somebody else's");
    CHECK(names_of(place / "sticky") == Words{"out.json"});
    CHECK(write_in_child(place / "m.json", place / "sticky/mine.json", "") == 0);
  }
  fs::create_directory(place / "disk");
  if (mount("tmpfs", (place / "disk").c_str(), "tmpfs", 0, "size=1m,nr_inodes=3") == 0) {
    write_file(place / "disk/out.json", "old");
    const Outcome outcome = place.run({"m.json", "./by2.dsl", "-o", "disk/out.json"});
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.err, "No space left on device"));
    CHECK((content_of(place / "disk") == Content{{"out.json", "old"}}));
    REQUIRE(mount("", (place / "disk").c_str(), "", MS_REMOUNT | MS_RDONLY, "") == 0);
    const Outcome closed = place.run({"m.json", "./by2.dsl", "-o", "disk/out.json"});
    CHECK(closed.status == 1);
    CHECK(contains(closed.err, "Read-only file system"));
    REQUIRE(umount((place / "disk").c_str()) == 0);
  } else {
    WARN("skipped: nothing can be mounted here");
  }
}

TEST_CASE("Links: the name is replaced, never what it leads to") {
  const Place place;
  write_file(place / "other.json", "other");
  fs::create_symlink("other.json", place / "link.json");
  fs::create_symlink("nowhere.json", place / "dangling.json");
  fs::create_symlink("loop.json", place / "loop.json");
  fs::create_hard_link(place / "other.json", place / "hard.json");
  for (const char* name : {"link.json", "dangling.json", "loop.json", "hard.json"}) {
    INFO(name);
    place.must({"m.json", "./by2.dsl", "-o", name});
    CHECK(fs::is_regular_file(fs::symlink_status(place / name)));
    CHECK(read_file(place / "other.json") == "other");
    CHECK(!fs::exists(place / "nowhere.json"));
  }
}

TEST_CASE("A file that another model may share is never removed") {
  const Place place;
  SECTION("a file that somebody else made") {
    fs::copy_file(place / "m.json", place / "out.json");
    fs::copy_file(place / "m.safetensors", place / "out.safetensors");
    std::string text = read_file(place / "out.json");
    write_file(place / "out.json", text.replace(text.find("m.safetensors"), 13, "out.safetensors"));
    const std::string shared = read_file(place / "out.safetensors");
    place.must({"m.json", "./by2.dsl", "-o", "out.json"});
    CHECK(read_file(place / "out.safetensors") == shared);
    place.must({"m.json", "./by4.dsl", "-o", "out.json"});
    CHECK(read_file(place / "out.safetensors") == shared);
    CHECK(names_of(place.folder.path()).size() == 8);  // and one file of weights with an id
  }
  SECTION("a file of ours that a copy of the model names") {
    place.must({"m.json", "./by2.dsl", "-o", "out.json"});
    fs::copy_file(place / "out.json", place / "copy.json");
    const std::string kept = place.first_weight("copy.json");
    for (const char* rules : {"./by4.dsl", "./by2.dsl", "cross_layer"}) {
      place.must({"m.json", rules, "-o", "out.json"});
      CHECK(place.first_weight("copy.json") == kept);
    }
  }
  SECTION("files of ours that nobody else names go") {
    for (const char* rules : {"./by2.dsl", "./by4.dsl", "cross_layer", "./by2.dsl", "./by2.dsl"}) {
      place.must({"m.json", rules, "-o", "out.json"});
      CHECK(names_of(place.folder.path()).size() == 7);
    }
    CHECK(place.weights("out.json") == Words{"out.safetensors"});
  }
}

TEST_CASE("The same run gives the same bytes, whatever stood there and whenever it runs") {
  const Place place;
  const Words run = {"m.json", "./by2.dsl", "-o", "out.json"};
  place.must(run);
  const Content first = content_of(place.folder.path());
  for (int times = 0; times < 3; ++times) {
    place.must(run);
    CHECK((content_of(place.folder.path()) == first));
  }
  fs::create_directory(place / "elsewhere");
  for (const char* name : {"m.json", "m.safetensors", "by2.dsl"})
    fs::copy_file(place / name, place / "elsewhere" / name);
  REQUIRE(run_engine(run, {.folder = place / "elsewhere"}).status == 0);
  for (const char* name : {"out.json", "out.safetensors"})
    CHECK(read_file(place / "elsewhere" / name) == first.at(name));
}

TEST_CASE("A second writer is sent away at once, and writers to other names are not") {
  const Place place;
  place.must({"m.json", "./none.dsl", "-o", "i.onnx"});
  const graph::Model model = graph::read_model(place / "m.json");
  {
    graph::Output output(model.sources, false);
    graph::add_model(model, {}, place / "out.json", output);
    output.add_text(place / "plan.json", "{}");
    struct Row {
      Words words;
      const char* refused;
    };
    for (const Row& row : {Row{{"m.json", "./by2.dsl", "-o", "out.json"}, "out.json"},
                           Row{{"m.json", "./by2.dsl", "-o", "other.json", "--plan", "plan.json"}, "plan.json"},
                           Row{{"m.json", "./by2.dsl", "-o", "other.json"}, nullptr},
                           Row{{"m.json", "./by2.dsl", "-o", "out.json", "--dry-run"}, nullptr}}) {
      const Outcome outcome = place.run(row.words);
      CHECK(outcome.status == (row.refused ? 1 : 0));
      if (row.refused) CHECK(outcome.err == fmt::format("{}: another run is writing it\n", row.refused));
    }
    output.commit();
  }
  place.must({"m.json", "./by2.dsl", "-o", "out.json", "--plan", "plan.json"});
  for (const std::string& name : names_of(place.folder.path())) CHECK(!name.starts_with("."));
  // The lock ends with its process, however that ends.
  const pid_t child = fork();
  if (child == 0) {
    graph::Output output(model.sources, false);
    graph::add_model(model, {}, place / "out.json", output);
    kill(getpid(), SIGKILL);
  }
  REQUIRE(waitpid(child, nullptr, 0) == child);
  place.must({"m.json", "./by2.dsl", "-o", "out.json"});
  for (const std::string& name : names_of(place.folder.path())) CHECK(!name.starts_with("."));
}

TEST_CASE("What a killed run left is taken away by the next one to the place, whatever that writes") {
  const Place place;
  place.must({"m.json", "./none.dsl", "-o", "i.onnx"});
  const auto run = [](const char* rules) {
    return Words{"i.onnx", rules, "--stats", "i.stats.json", "-o", "out.onnx"};
  };
  place.must(run("./by2.dsl"));
  const Content before = content_of(place.folder.path());
  const auto traced = trace_engine(run("./by4.dsl"), place.folder.path(), {});
  if (!traced) {
    WARN("skipped: processes cannot be traced here");
    return;
  }
  std::size_t back = 0;
  for (std::size_t call = 0; call < traced->calls.size(); ++call) {
    INFO(call << " " << traced->calls[call]);
    place.must(run("./by2.dsl"));
    REQUIRE((content_of(place.folder.path()) == before));
    trace_engine(run("./by4.dsl"), place.folder.path(), {Fault::Kind::kill, call});
    const bool moved_away = !fs::exists(place / "out.stats.json");
    // A run that comes to its place and then fails: what the killed one had moved away is back.
    const Outcome failed = run_program(
        "/bin/sh", {"-c", program_path() + " i.onnx ./none.dsl --stats i.stats.json -o out.onnx >/dev/full"},
        {.folder = place.folder.path()});
    CHECK(failed.status == 1);
    if (read_file(place / "out.onnx") != before.at("out.onnx")) continue;
    CHECK((content_of(place.folder.path()) == before));
    back += moved_away;
  }
  CHECK(back > 0);
}

TEST_CASE("Files of different outputs are not read together") {
  const Place place;
  shard(place.folder.path(), "m");
  place.must({"m.json", "./none.dsl", "-o", "i.onnx"});
  for (const char* by : {"2", "4"}) {
    place.must({"m.json", fmt::format("./by{}.dsl", by), "-o", fmt::format("out{}.json", by)});
    place.must(
        {"i.onnx", fmt::format("./by{}.dsl", by), "--stats", "i.stats.json", "-o", fmt::format("out{}.onnx", by)});
  }
  const auto refused = [&](const Words& words, const char* file, const char* other) {
    const Outcome outcome = place.run(words);
    CHECK(outcome.status == 1);
    CHECK(contains(outcome.err, fmt::format("{}: belongs to another output than '{}'", file, other)));
  };
  refused({"out2.onnx", "./none.dsl", "--dry-run", "--stats", "out4.stats.json"}, "out4.stats.json", "out2.onnx");
  place.must({"out2.onnx", "./none.dsl", "--dry-run", "--stats", "out2.stats.json"});
  place.must({"out2.onnx", "./none.dsl", "--dry-run", "--stats", "i.stats.json"});  // without a mark
  const fs::path second = place / "out2-00002-of-00002.safetensors";
  const std::string kept = read_file(second);
  fs::copy_file(place / "out4-00002-of-00002.safetensors", second, fs::copy_options::overwrite_existing);
  refused({"out2.json", "./none.dsl", "--dry-run"}, "out2-00002-of-00002.safetensors", "out2.json");
  fs::copy_file(place / "m.2.safetensors", second, fs::copy_options::overwrite_existing);
  place.must({"out2.json", "./none.dsl", "--dry-run"});  // without a mark
  write_file(second, kept);
  // What no rule touches keeps the mark that it has; a run that touches it gives it another one.
  place.must({"out2.onnx", "./none.dsl", "--stats", "out2.stats.json", "-o", "same.onnx"});
  CHECK(read_file(place / "same.onnx") == read_file(place / "out2.onnx"));
  place.must({"same.onnx", "./none.dsl", "--dry-run", "--stats", "same.stats.json"});
  place.must({"out2.onnx", "./by4.dsl", "--stats", "out2.stats.json", "-o", "again.onnx"});
  refused({"again.onnx", "./none.dsl", "--dry-run", "--stats", "out2.stats.json"}, "out2.stats.json", "again.onnx");
}

TEST_CASE("More files than descriptors are read and written") {
  const Place place;
  constexpr std::size_t kExternal = 1100, kShards = 600;
  fs::create_directory(place / "many");
  o::Parts nodes, initializers;
  for (std::size_t i = 0; i < kExternal; ++i) {
    write_file(place / "many" / fmt::format("{}.bin", i), o::raw<float>({static_cast<float>(i), 1}));
    initializers.push_back(o::external(fmt::format("w{}", i), 1, {2}, fmt::format("{}.bin", i), "0", "8"));
    nodes.push_back(o::node("Add", {i == 0 ? "x" : fmt::format("t{}", i), fmt::format("w{}", i)},
                            {fmt::format("t{}", i + 1)}, {}, fmt::format("n{}", i)));
  }
  write_file(place / "many/e.onnx", o::model(o::graph(nodes, initializers, {o::value("x", {1, 2})},
                                                      {o::value(fmt::format("t{}", kExternal), {1, 2})})));
  std::string names, list;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::string header = fmt::format(R"({{"w{}":{{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}}})", i);
    const std::uint64_t size = header.size();
    write_file(
        place / "many" / fmt::format("{}.safetensors", i),
        std::string(reinterpret_cast<const char*>(&size), 8) + header + o::raw<float>({static_cast<float>(i), 1}));
    names += fmt::format("{}\"{}.safetensors\"", i ? ", " : "", i);
    list += fmt::format(R"({}{{"op": "Add", "inputs": ["{}", "w{}"], "outputs": ["t{}"]}})", i ? ", " : "",
                        i ? fmt::format("t{}", i) : "x", i, i + 1);
  }
  write_file(place / "many/s.json",
             fmt::format(R"({{"format": "rewrite-engine/model", "version": 1, "inputs": [{{"name": "x"}}],
                              "outputs": ["t{}"], "weights": [{}], "nodes": [{}]}})",
                         kShards, names, list));
  for (const rlim_t limit : {rlim_t{32}, rlim_t{256}, rlim_t{1024}}) {
    for (const char* model : {"e.onnx", "s.json"}) {
      INFO(limit << " " << model);
      fs::create_directory(place / "to");
      const Outcome outcome = run_program("/bin/sh",
                                          {"-c", fmt::format("ulimit -n {}; exec {} many/{} ./none.dsl -q -o to/{}",
                                                             limit, program_path(), model, model)},
                                          {.folder = place.folder.path()});
      CHECK(outcome.err.empty());
      CHECK(outcome.status == 0);
      const graph::Model before = graph::read_model(place / "many" / model),
                         after = graph::read_model(place / "to" / model);
      CHECK(after.sources.size() == before.sources.size());
      CHECK(names_of(place / "to").size() == before.sources.size());
      std::size_t different = 0;
      for (const graph::Tensor& tensor : before.network.tensors())
        if (tensor.constant) {
          const auto& other = after.network.tensor(after.network.find(tensor.name).value()).constant;
          different += !std::equal(tensor.constant->bytes.begin(), tensor.constant->bytes.end(), other->bytes.begin());
        }
      CHECK(different == 0);
      fs::remove_all(place / "to");
    }
  }
}

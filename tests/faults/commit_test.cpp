// An output is the old one or the new one, at every system call at which a run can be killed, ended or made to fail:
// all kinds of outputs, where nothing stood and where an older one is replaced.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/faults/folder.hpp"
#include "tests/faults/tracer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/onnx_file.hpp"
#include "tests/support/shards.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;
namespace o = rw::test::onnx;

namespace {

void restore(const fs::path& folder, const Content& content) {
  for (const auto& each : fs::directory_iterator(folder)) fs::remove(each.path());
  for (const auto& [name, bytes] : content) write_file(folder / name, bytes);
}

// What a reader has of a model, with the statistics beside it: every name, constant and range; or why it refuses.
struct Seen {
  std::string text, refusal;
  friend bool operator==(const Seen&, const Seen&) = default;
};

Seen seen(const fs::path& model, const fs::path& statistics = {}) {
  try {
    graph::Model read = graph::read_model(model);
    if (!statistics.empty()) graph::read_statistics(statistics, read);
    std::string text;
    for (const graph::Operator& op : read.network.operators()) {
      text += fmt::format("{} {}",
                          read.network.type_of(static_cast<graph::OperatorId>(&op - read.network.operators().data())),
                          op.name);
      for (const graph::TensorId id : op.inputs)
        if (id != graph::kNone) text += fmt::format(" {}", read.network.tensor(id).name);
      text += "\n";
    }
    for (const graph::Tensor& tensor : read.network.tensors())
      if (tensor.constant)
        text += fmt::format("{} {}\n", tensor.name,
                            std::string_view(reinterpret_cast<const char*>(tensor.constant->bytes.data()),
                                             tensor.constant->bytes.size()));
    for (const graph::Statistic& each : read.statistics.entries()) text += fmt::format("{} {}\n", each.name, each.text);
    return {text, ""};
  } catch (const graph::Error& error) {
    return {"", error.what()};
  }
}

constexpr const char* kTwo = R"(rule two {
  region r {
    parents  Conv as p
    through  Relu
    children Conv as c
  }
  do scale(p, 2)
}
)";

// A kind of output: makes the input in a folder, and gives its name.
struct Kind {
  const char* name;
  std::string (*make)(const fs::path& folder);
  const char* out;
  const char* statistics = "";  // beside the output
  Words more = {};              // of the command line
  bool among_few = false;       // that stand for all
};

Net small_net() {
  Net net;
  const auto x = net.input("x", {1, 3, 4, 4});
  net.output(net.conv("c", net.relu("r", net.conv("a", x, 8, {.spread = 3})), 4));
  net.calibrate();
  return net;
}

std::string make_json(const fs::path& folder) {
  small_net().save(folder, "m");
  return "m.json";
}

std::string make_index(const fs::path& folder) {
  make_json(folder);
  shard(folder, "m");
  fs::remove(folder / "m.safetensors");
  return "m.json";
}

std::string make_list(const fs::path& folder) {
  make_index(folder);
  fs::remove(folder / "m.safetensors.index.json");
  std::string text = read_file(folder / "m.json");
  const std::string index = "\"m.safetensors.index.json\"";
  write_file(folder / "m.json",
             text.replace(text.find(index), index.size(), R"(["m.1.safetensors", "m.2.safetensors"])"));
  return "m.json";
}

std::string make_onnx(const fs::path& folder) {
  make_json(folder);
  if (run_engine({"m.json", "./none.dsl", "-o", "i.onnx"}, {.folder = folder}).status != 0)
    throw std::runtime_error("onnx");
  for (const char* each : {"m.json", "m.safetensors"}) fs::remove(folder / each);
  return "i.onnx";
}

std::string make_external(const fs::path& folder) {
  write_file(folder / "w.bin", o::raw<float>({1, 2, 3, 4, 5, 6, 7, 8}));
  write_file(folder / "e.onnx",
             o::model(o::graph({o::node("Conv", {"x", "v"}, {"y"}, {}, "a"), o::node("Relu", {"y"}, {"r"}, {}, "r"),
                                o::node("Conv", {"r", "w"}, {"z"}, {}, "c")},
                               {o::external("v", 1, {2, 2, 1, 1}, "w.bin", "0", "16"),
                                o::external("w", 1, {2, 2, 1, 1}, "w.bin", "16", "16")},
                               {o::value("x", {1, 2, 4, 4})}, {o::value("z", {1, 2, 4, 4})})));
  return "e.onnx";
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = {
      {"model.json and one weight file", make_json, "out.json"},
      {"model.json, plan and report",
       make_json,
       "out.json",
       "",
       {"--plan", "plan.json", "--json", "report.json"},
       true},
      {"model.json and a list of two weight files", make_list, "out.json"},
      {"model.json, an index and two weight files", make_index, "out.json"},
      {".onnx with its weights inside", make_onnx, "out.onnx"},
      {".onnx with external data", make_external, "out.onnx", "", {}, true},
      {".onnx and statistics", make_onnx, "out.onnx", "out.stats.json", {"--stats", "i.stats.json"}},
      {".onnx, statistics, plan and report",
       make_onnx,
       "out.onnx",
       "out.stats.json",
       {"--stats", "i.stats.json", "--plan", "plan.json", "--json", "report.json"},
       true},
      {".json to .onnx", make_json, "out.onnx", "out.stats.json"},
      {".onnx to .json", make_onnx, "out.json"},
  };
  return all;
}

// One kind of output, with or without an older one in its place: the folder before and after a run to its end.
class Scene {
 public:
  Scene(const Kind& kind, bool replaces) : kind_(kind) {
    fs::create_directory(place_);
    write_file(place_ / "two.dsl", kTwo);
    write_file(place_ / "none.dsl", "set unused = Relu\n");
    const std::string model = kind.make(place_);
    const auto words = [&](const char* rules) {
      Words all = {model, rules, "-o", kind.out};
      all.insert(all.end(), kind.more.begin(), kind.more.end());
      return all;
    };
    words_ = words("./two.dsl");
    if (replaces) REQUIRE(run_engine(words("cross_layer"), {.folder = place_}).status == 0);
    before_ = content_of(place_);
    old_ = look();
    const auto traced = trace_engine(words_, place_, {});
    if (!traced) return;
    REQUIRE(traced->status == 0);
    calls_ = traced->calls;
    after_ = content_of(place_);
    new_ = look();
    REQUIRE(new_.whole.refusal.empty());
    REQUIRE(old_.whole.text != new_.whole.text);
  }

  const Words& calls() const { return calls_; }  // none: nothing can be traced here

  Traced run(const Fault& fault) {
    restore(place_, before_);
    return trace_engine(words_, place_, fault).value();
  }

  // What stands there is the old output or the new one, or a reader hears why not. True: the new one.
  bool check_whole() {
    const View now = look();
    const bool is_new = now.model == new_.model, is_old = now.model == old_.model;
    CHECK((is_new || is_old));  // the model by itself is never refused where one stood
    if (now.whole.refusal.empty()) CHECK((is_new ? now.whole == new_.whole : now.whole == old_.whole));
    // A plan belongs to the model that stands there, or there is none.
    if (!now.plan.empty()) CHECK((is_new ? now.plan == new_.plan : now.plan == old_.plan));
    if (!now.report.empty()) CHECK((is_new ? now.report == new_.report : now.report == old_.report));
    return is_new;
  }

  // As if nothing had been begun, or as if all had been done. (Weights may have their other name.)
  void check_untouched() { CHECK((content_of(place_) == before_)); }
  void check_done() {
    const Words names = names_of(place_);
    // Weights of the replaced model may be left where the run ended before they went.
    for (const std::string& name : names) {
      INFO(name);
      CHECK((after_.count(name) != 0 || before_.count(name) != 0));
    }
    CHECK(std::none_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with("."); }));
    CHECK((look() == new_));
  }

  // A second run to the same place finds its way, whatever the first one left.
  void check_next_run() {
    REQUIRE(run_engine(words_, {.folder = place_}).status == 0);
    check_done();
  }

  bool leaves_hidden() const {
    const Words names = names_of(place_);
    return std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.starts_with("."); });
  }

 private:
  struct View {
    Seen model, whole;
    std::string plan, report;
    friend bool operator==(const View&, const View&) = default;
  };

  View look() const {
    const auto text = [&](const char* name) { return fs::exists(place_ / name) ? read_file(place_ / name) : ""; };
    View view = {seen(place_ / kind_.out), {}, text("plan.json"), text("report.json")};
    view.whole = *kind_.statistics == '\0' ? view.model : seen(place_ / kind_.out, place_ / kind_.statistics);
    view.report.resize(std::min(view.report.find("\"written\""), view.report.size()));  // names and seconds follow
    return view;
  }

  const Kind& kind_;
  TemporaryFolder folder_;
  fs::path place_ = folder_ / "place";
  Words words_, calls_;
  Content before_, after_;
  View old_, new_;
};

enum class Kinds : bool { few, all };

// Calls f(scene, call) for each call of each scene that can make a difference (before one that changes nothing all is
// as before the next one that does); prints how many there were. RW_FAULTS=all: for each call whatever it is, of all
// kinds.
template <typename F>
void for_each_call(const char* what, Kinds which, F f) {
  const bool thorough = std::getenv("RW_FAULTS") != nullptr;
  std::size_t inputs = 0, outcomes[2] = {0, 0};
  for (const Kind& kind : kinds()) {
    if (which == Kinds::few && !thorough && !kind.among_few) continue;
    for (const bool replaces : {false, true}) {
      INFO(kind.name << (replaces ? ", replacing" : ", fresh"));
      Scene scene(kind, replaces);
      if (scene.calls().empty()) {
        WARN("skipped: processes cannot be traced here");
        return;
      }
      for (std::size_t i = 0; i < scene.calls().size(); ++i) {
        if (!thorough && !changes_names(scene.calls()[i]) && !can_fail(scene.calls()[i])) continue;
        INFO("call " << i << ": " << scene.calls()[i]);
        const int tried = f(scene, i, thorough);
        if (tried < 0) continue;
        ++inputs;
        ++outcomes[tried];
      }
    }
  }
  CHECK(outcomes[0] > 0);
  CHECK(outcomes[1] > 0);
  fmt::print("{}: {} inputs, {} old afterwards, {} new\n", what, inputs, outcomes[0], outcomes[1]);
}

}  // namespace

TEST_CASE("Killed at any system call, an output is the old one or the new one, and the next run takes over") {
  for_each_call("killed", Kinds::all, [](Scene& scene, std::size_t call, bool thorough) {
    if (!thorough && !changes_names(scene.calls()[call])) return -1;
    const Traced traced = scene.run({Fault::Kind::kill, call});
    CHECK(traced.signal == SIGKILL);
    const bool is_new = scene.check_whole();
    scene.check_next_run();
    return is_new ? 1 : 0;
  });
}

TEST_CASE("Ended by a signal, an output is the old one or the new one, and nothing is left behind") {
  for_each_call("ended by SIGTERM", Kinds::few, [](Scene& scene, std::size_t call, bool thorough) {
    if (!thorough && !changes_names(scene.calls()[call])) return -1;
    const Traced traced = scene.run({Fault::Kind::terminate, call});
    CHECK((traced.signal == SIGTERM || traced.status == 0));
    CHECK(!scene.leaves_hidden());
    const bool is_new = scene.check_whole();
    is_new ? scene.check_done() : scene.check_untouched();
    return is_new ? 1 : 0;
  });
}

TEST_CASE("Where a system call fails, exit status 1 means that nothing has changed, and 0 that all is there") {
  for_each_call("failed", Kinds::few, [](Scene& scene, std::size_t call, bool) {
    const std::string name = scene.calls()[call];
    if (!can_fail(name)) return -1;
    const bool of_names = name.find("link") != std::string::npos || name.find("rename") != std::string::npos;
    const Traced traced = scene.run({Fault::Kind::fail, call, of_names ? EPERM : EIO});
    CHECK(traced.signal == 0);
    const bool is_new = scene.check_whole();
    CHECK(traced.status == (is_new ? 0 : 1));
    if (traced.status != 0) {
      CHECK(!traced.said.empty());
      scene.check_untouched();
    }
    scene.check_next_run();
    return is_new ? 1 : 0;
  });
}

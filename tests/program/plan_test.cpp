// Plans: what --plan writes is the rewriting itself, applied to a model or to its weight files one by one, and taken
// back.
#include <filesystem>
#include <map>

#include "graph/model.hpp"
#include "tests/program/plans.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shards.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;

namespace {

// A grouped convolution between others, a BatchNormalization, and a weight that two convolutions read.
Net rich_net() {
  Net net;
  const auto x = net.input("x", {1, 4, 8, 8});
  const auto a = net.conv("a", x, 8, {.spread = 4});
  const auto g = net.conv("g", net.relu("ra", a), 8, {.group = 2, .spread = 4});
  const auto b = net.batch_norm("n", net.relu("rg", g), 3);
  const auto s = net.conv("s", net.relu("rb", b), 8, {.spread = 3});
  const auto t = net.conv("t", net.relu("rs", s), 8, {.bias = false, .weight = "s.weight"});
  net.output(net.conv("c", net.relu("rt", t), 2));
  net.calibrate();
  return net;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("A plan applied to the model gives what the run gave, byte for byte") {
  const TemporaryFolder folder;
  rich_net().save(folder.path(), "m");
  must(folder, {"m.json", "wide", "-o", "m.onnx", "--only", "wide", "--skip-node", "*"});  // the same model as ONNX
  for (const char* ending : {".json", ".onnx"}) {
    const std::string model = std::string("m") + ending;
    Words run = {model, "wide", "-o", std::string("run") + ending, "--plan", "plan.json"};
    Words apply = {"apply", "plan.json", model, "-o", std::string("run") + ending};
    if (std::string(ending) == ".onnx")
      for (Words* words : {&run, &apply}) words->insert(words->end(), {"--stats", "m.stats.json"});
    fs::create_directory(folder / "other");
    must(folder, run);
    std::map<std::string, std::string> files;
    for (const char* each : {"run.json", "run.safetensors", "run.onnx", "run.stats.json"})
      if (fs::exists(folder / each)) {
        files[each] = read_file(folder / each);
        fs::remove(folder / each);
      }
    CHECK(files.size() >= 2);
    const Outcome outcome = must(folder, apply);
    for (const auto& [name, content] : files) {
      INFO(name);
      REQUIRE(fs::exists(folder / name));
      CHECK((read_file(folder / name) == content));
      fs::remove(folder / name);
    }
    CHECK(contains(outcome.out, "scaled "));
  }
}

TEST_CASE("A plan applied to a trained network's weights alone, and shard by shard, is the run's own output") {
  const TemporaryFolder folder;
  fs::copy(data_path("digits_res.json"), folder / "digits_res.json");
  fs::copy(data_path("digits_res.safetensors"), folder / "digits_res.safetensors");
  must(folder, {"digits_res.json", "equalization", "wide", "-o", "run.json", "--plan", "plan.json"});
  must(folder, {"apply", "plan.json", "digits_res.safetensors", "-o", "alone.safetensors"});
  same_files(folder / "run.safetensors", folder / "alone.safetensors");

  split_weights(folder / "digits_res.safetensors", folder / "p1.safetensors", folder / "p2.safetensors");
  std::string text = read_file(folder / "digits_res.json");
  replace(text, "\"digits_res.safetensors\"", "[\"p1.safetensors\", \"p2.safetensors\"]");
  write_file(folder / "shards.json", text);
  must(folder, {"shards.json", "equalization", "wide", "-o", "cut.json", "--plan", "plan2.json"});
  CHECK((read_file(folder / "plan.json") == read_file(folder / "plan2.json")));
  fs::create_directory(folder / "new");
  must(folder, {"apply", "plan.json", "p1.safetensors", "-o", "new"});
  must(folder, {"apply", "plan.json", "p2.safetensors"});
  same_files(folder / "cut-00001-of-00002.safetensors", folder / "new" / "p1.safetensors");
  same_files(folder / "cut-00002-of-00002.safetensors", folder / "p2.rewritten.safetensors");
  must(folder, {"apply", "plan.json", "p1.safetensors", "p2.safetensors", "-o", "new"});
  same_files(folder / "cut-00002-of-00002.safetensors", folder / "new" / "p2.safetensors");
}

TEST_CASE("Weights that have nothing of a plan are told so; two files of one name, or of another kind, are refused") {
  const TemporaryFolder folder;
  rich_net().save(folder.path(), "m");
  must(folder, {"m.json", "wide", "--dry-run", "--plan", "plan.json"});
  Net other;
  other.output(other.conv("elsewhere", other.image(), 2));
  fs::create_directory(folder / "sub");
  other.save(folder / "sub", "m");
  const auto apply = [&](Words more) {
    more.insert(more.begin(), {"apply", "plan.json"});
    return run_engine(more, {.folder = folder.path()});
  };
  CHECK(contains(apply({"sub/m.safetensors", "-o", "o.safetensors"}).out, "note: these files have none of them\n"));
  fs::create_directory(folder / "new");
  const Outcome twice = apply({"m.safetensors", "sub/m.safetensors", "-o", "new"});
  CHECK(twice.status == 1);
  CHECK(contains(twice.err, "new/m.safetensors: would be two files at once: each needs a name of its own\n"));
  CHECK(fs::is_empty(folder / "new"));
  CHECK(apply({"m.safetensors", "-o", "o.onnx"}).status == 2);
  CHECK_FALSE(fs::exists(folder / "o.onnx"));
}

TEST_CASE("Applied and taken back with powers of two: the original bytes, copies gone") {
  const TemporaryFolder folder;
  rich_net().save(folder.path(), "n");
  must(folder, {"n.json", "wide", "-o", "m.json", "--skip-node", "*"});  // laid out as the engine does it
  must(folder, {"m.json", "wide", "--exact", "-o", "run.json", "--plan", "plan.json"});
  CHECK(contains(read_file(folder / "plan.json"), "\"copy\": \"s.weight@"));
  CHECK(contains(read_file(folder / "plan.json"), "\"view\": "));
  must(folder, {"apply", "plan.json", "m.safetensors", "-o", "there.safetensors"});
  same_files(folder / "run.safetensors", folder / "there.safetensors");
  must(folder, {"apply", "plan.json", "there.safetensors", "--undo", "-o", "back.safetensors"});
  CHECK((read_file(folder / "m.safetensors") != read_file(folder / "there.safetensors")));
  same_files(folder / "m.safetensors", folder / "back.safetensors");
  // The whole model: under the name that it had, in another folder.
  fs::create_directory(folder / "back");
  fs::create_directory(folder / "again");
  must(folder, {"apply", "plan.json", "run.json", "--undo", "-o", "back/m.json"});
  same_files(folder / "m.safetensors", folder / "back/m.safetensors");
  // Numbers that are spelled as the engine spells them come back as they were.
  must(folder, {"apply", "plan.json", "back/m.json", "-o", "again.json"});
  must(folder, {"apply", "plan.json", "again.json", "--undo", "-o", "again/m.json"});
  same_files(folder / "back/m.json", folder / "again/m.json");
}

TEST_CASE("ONNX and external data, there and back") {
  const TemporaryFolder folder;
  rich_net().save(folder.path(), "m");
  must(folder, {"m.json", "wide", "-o", "m.onnx", "--skip-node", "*"});
  must(folder, {"m.onnx", "wide", "--exact", "--stats", "m.stats.json", "-o", "run.onnx", "--plan", "plan.json"});
  must(folder, {"apply", "plan.json", "run.onnx", "--undo", "-o", "back.onnx"});
  same_files(folder / "m.onnx", folder / "back.onnx");
}

TEST_CASE("A plan that edits the graph gives the run's model, and goes neither back nor with weights alone") {
  Net net;
  const auto x = net.input("x", {1, 3, 8, 8});
  const auto a = net.batch_norm("n", net.conv("a", x, 8, {.bias = false, .spread = 4}), 3);
  const auto r = net.clip("r", net.op("Identity", "i", {a}), 0.0F, std::nullopt);
  net.output(net.batch_norm("m", net.conv("b", r, 4), 2));
  net.calibrate();
  const TemporaryFolder folder;
  net.save(folder.path(), "m");
  must(folder, {"m.json", "wide", "-o", "m.onnx", "--skip-node", "*"});
  for (const char* ending : {".json", ".onnx"}) {
    const std::string model = std::string("m") + ending, out = std::string("run") + ending;
    must(folder, {model, "prepare", "wide", "-o", out, "--plan", "plan.json", "--stats", "m.stats.json"});
    CHECK(contains(read_file(folder / "plan.json"), "\"remove\": \"n\""));
    const std::string expected = read_file(folder / out), weights = read_file(folder / "run.safetensors");
    fs::remove(folder / out);
    must(folder, {"apply", "plan.json", model, "-o", out, "--stats", "m.stats.json"});
    CHECK((read_file(folder / out) == expected));
    CHECK((read_file(folder / "run.safetensors") == weights));
    const Outcome undone = run_engine({"apply", "plan.json", out, "--undo"}, {.folder = folder.path()});
    CHECK(undone.status == 1);
    CHECK(contains(undone.err, "it edits the graph, which cannot be undone"));
    CHECK(run_engine({"apply", "plan.json", "m.safetensors"}, {.folder = folder.path()}).status == 1);
  }
}

TEST_CASE("A plan says which rule scaled which region, and goes without a written model") {
  const TemporaryFolder folder;
  fs::copy(data_path("digits_res.json"), folder / "digits_res.json");
  fs::copy(data_path("digits_res.safetensors"), folder / "digits_res.safetensors");
  must(folder, {"digits_res.json", "equalization", "--dry-run", "--plan", "plan.json"});
  CHECK_FALSE(fs::exists(folder / "digits_res.rewritten.json"));
  const std::string plan = read_file(folder / "plan.json");
  CHECK(contains(plan, "\"rule\": \"residual_family\", \"region\": "));
  CHECK(contains(plan, "\"axis\": 0, \"multiply\": ["));
  CHECK(contains(plan, "\"axis\": 1, \"multiply\": ["));
  CHECK_FALSE(contains(plan, "\"view\""));  // plain convolutions need none
}

TEST_CASE("Plans that do not fit are refused with the place, and nothing is written") {
  const TemporaryFolder folder;
  rich_net().save(folder.path(), "m");
  const auto attempt = [&](const std::string& body, const Words& files, const Words& more = {}) {
    write_file(folder / "plan.json", "{\"format\": \"rewrite-engine/plan\", \"version\": 1, " + body + "}");
    Words words = {"apply", "plan.json"};
    words.insert(words.end(), files.begin(), files.end());
    words.insert(words.end(), more.begin(), more.end());
    const auto count = std::distance(fs::directory_iterator(folder.path()), {});
    const Outcome outcome = run_engine(words, {.folder = folder.path()});
    INFO(outcome.err);
    CHECK(outcome.status == 1);
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == count);
    return outcome.err;
  };
  const Words weights = {"m.safetensors"}, model = {"m.json"};
  const std::string eight = "[1, 1, 1, 1, 1, 1, 1, 2]";
  for (const Words& files : {weights, model}) {
    CHECK(contains(attempt(R"("scales": [{"tensor": "a.weight", "axis": 0, "multiply": [2, 2]}])", files),
                   "tensor 'a.weight': the plan has 2 factors for 8 positions: [8, 4, 3, 3]"));
    CHECK(contains(attempt(R"("scales": [{"tensor": "a.weight", "axis": 7, "multiply": [2]}])", files),
                   "it has no axis 7"));
    CHECK(contains(
        attempt(
            R"("scales": [{"tensor": "a.weight", "shape": [4, 8, 3, 3], "view": [4, 72], "axes": [0], "multiply": [1, 1, 1, 2]}])",
            files),
        "the plan has shape [4, 8, 3, 3] for it, but it is [8, 4, 3, 3]"));
    CHECK(contains(
        attempt(
            R"("scales": [{"tensor": "a.weight", "shape": [8, 4, 3, 3], "view": [8, 35], "axes": [0], "multiply": )" +
                eight + "}]",
            files),
        "\"view\" is no factorisation of \"shape\""));
    CHECK(contains(attempt(R"("scales": [{"tensor": "a.weight", "axis": 0, "multiply": [0, 1, 1, 1, 1, 1, 1, 1]}])",
                           files, {"--undo"}),
                   "a factor of 0 cannot be undone"));
    CHECK(contains(attempt(R"("scales": [], "edits": [{"remove": "ra"}])", files, {"--undo"}), "cannot be undone"));
    CHECK(contains(
        attempt(R"("scales": [{"tensor": "a.weight", "axis": 0, "multiply": [1e999, 1, 1, 1, 1, 1, 1, 1]}])", files),
        "plan.json: line 1, column "));
  }
  CHECK(contains(attempt(R"("scales": [], "edits": [{"remove": "ra"}])", weights), "apply it to the model"));
  CHECK(contains(attempt(R"("scales": [{"tensor": "b.weight", "axis": 0, "multiply": [2]}])", model),
                 "tensor 'b.weight': the model has no such tensor"));
  CHECK(contains(attempt(R"("scales": [{"tensor": "ra", "axis": 0, "multiply": [2]}])", model),
                 "it is no constant of the model"));
  CHECK(contains(
      attempt(
          R"("scales": [{"tensor": "s.weight", "copy": "q", "read_by": [{"node": "a", "input": 1}], "axis": 0, "multiply": )" +
              eight + "}]",
          model),
      "input 1 of node 'a' does not read it"));
  for (
      const char* body :
      {R"("scales": [{"tensor": "a.weight"}])", R"("scales": [{"multiply": [1]}])", R"("scales": {})",
       R"("scales": [{"tensor": "a.weight", "axis": -1, "multiply": [1]}])",
       R"("scales": [{"tensor": "a.weight", "axis": 0, "view": [1], "multiply": [1]}])",
       R"("scales": [{"tensor": "a.weight", "shape": [4611686018427387904, 4611686018427387904], "view": [1], "axes": [0], "multiply": [1]}])",
       R"("scales": [{"tensor": "a.weight", "shape": [1], "view": [1], "axes": [40], "multiply": [1]}])",
       R"("scales": [{"tensor": "a.weight", "copy": "q", "axis": 0, "multiply": [1]}])",
       R"("scales": [], "statistics": [{"tensor": "ra", "axis": 1, "multiply": [-1]}])",
       R"("scales": [], "edits": [{}])", R"("scales": [], "edits": [{"remove": "a", "insert": "b"}])"})
    CHECK(contains(attempt(body, weights), "plan.json: line 1, column "));
  CHECK(run_engine({"apply", "plan.json", "m.json", "m.safetensors"}, {.folder = folder.path()}).status == 2);
  CHECK(
      run_engine({"apply", "plan.json", "m.safetensors", "m.safetensors", "-o", "nowhere/"}, {.folder = folder.path()})
          .status == 2);
}

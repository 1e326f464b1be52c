// explain as its users call it, on trained networks.
#include <cstdlib>
#include <filesystem>

#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw::test;
namespace fs = std::filesystem;

TEST_CASE("explain of a trained network: the nearest miss, its remedy, and that the remedy holds") {
  const TemporaryFolder folder;
  const Outcome outcome =
      run_engine({"explain", data_path("digits_res.json"), "equalization", "--json", "why.json", "--limit", "1"},
                 {.folder = folder.path()});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.substr(outcome.out.find(": ")) == R"(: 9 regions with parents: 7 matched, 2 left alone

Conv '/l/l.3/b/b.0/Conv', Conv '/l/l.3/d/d.0/Conv', Conv '/l/l.4/b/b.0/Conv' -> Conv '/l/l.4/a/a.0/Conv', Gemm '/fc/Gemm' (64 channels)
  residual_family (equalization:30)
    Gemm '/fc/Gemm' absorbs its scale, and `children` (equalization:36) does not name it
    ReduceMean '/ReduceMean' stands inside, and `through` (equalization:34) does not name it
  pair (equalization:7)
    Gemm '/fc/Gemm' absorbs its scale, and `children` (equalization:12) does not name it
    Add '/l/l.3/Add' joins inside, and the region (equalization:9) has no `join`; 1 more like it
    ReduceMean '/ReduceMean' stands inside, and `through` (equalization:11) does not name it
  concat (equalization:18)
    Gemm '/fc/Gemm' absorbs its scale, and `children` (equalization:24) does not name it
    Add '/l/l.3/Add' joins inside, and `join` (equalization:23) does not name it; 1 more like it
    ReduceMean '/ReduceMean' stands inside, and `through` (equalization:22) does not name it
    it has none of the joins that `join` (equalization:23) asks for
  remedy: add Gemm to `children` (equalization:36), and add ReduceMean to `through` (equalization:34); then residual_family would scale 64 of 64 channels here

and 1 region more: --limit N tells more of them, --node GLOB those around an operator

matched: pair 5, residual_family 2

what would unlock most
     1 region, 64 channels  add Gemm to `children` (equalization:36), and add ReduceMean to `through` (equalization:34)
)");
  CHECK(contains(read_file(folder / "why.json"), "\"format\": \"rewrite-engine/explain\""));
  // The rule file changed as it says takes one region and its channels more.
  std::string rules = read_file(source_path("rules/equalization.dsl"));
  const std::size_t rule = rules.find("rule residual_family");
  rules.insert(rules.find("children conv", rule) + 13, ", Gemm");
  rules.insert(rules.find("transparent", rule) + 11, ", ReduceMean");
  write_file(folder / "r.dsl", rules);
  const Outcome changed = run_engine({data_path("digits_res.json"), "./r.dsl", "--dry-run"}, {.folder = folder.path()});
  CHECK(contains(changed.out, "not rewritten: 1 region\n"));
}

TEST_CASE("The end of a run names the reasons and a command that explains them when it is pasted") {
  const TemporaryFolder folder;
  fs::copy(data_path("digits_res.json"), folder / "my net.json");
  fs::copy(data_path("digits_res.safetensors"), folder / "digits_res.safetensors");
  const Outcome outcome =
      run_engine({"my net.json", "equalization", "--dry-run", "--param", "pair.hi=3", "--skip-node", "*stem*"},
                 {.folder = folder.path()});
  const std::string lead = "what would help: rewrite-engine ";
  const std::size_t at = outcome.out.find(lead);
  INFO(outcome.out << outcome.err);
  REQUIRE(at != std::string::npos);
  const std::string words = outcome.out.substr(at + lead.size(), outcome.out.find('\n', at) - at - lead.size());
  CHECK(words == "explain 'my net.json' equalization --param pair.hi=3 --skip-node '*stem*'");
  const Outcome explained = run_program("/bin/sh", {"-c", program_path() + " " + words}, {.folder = folder.path()});
  CHECK(explained.status == 0);
  CHECK(contains(explained.out, "skipped by --skip-node"));
}

TEST_CASE("explain: wrong usage") {
  const std::string model = data_path("digits_res.json");
  CHECK(run_engine({"explain", model, "equalization", "--rule", "pear"}).status == 2);
  CHECK(run_engine({"explain", model, "equalization", "--limit", "0"}).status == 2);
  const Outcome nobody = run_engine({"explain", model, "equalization", "--node", "nobody*"});
  CHECK(nobody.status == 2);
  CHECK(contains(nobody.err, "--node nobody*: no operator of the model has such a name"));
  CHECK(run_engine({"explain", model, "./none.dsl"}).status == 1);
}

TEST_CASE("explain has something to say of every trained network and rule set") {
  std::vector<fs::path> folders = {source_path("tests/data")};
  const char* given = std::getenv("RW_MODELS");
  folders.push_back(given ? fs::path(given) : fs::path(source_path("../shared/models")));
  for (const fs::path& folder : folders) {
    if (!fs::exists(folder)) continue;
    for (const auto& each : fs::directory_iterator(folder)) {
      const std::string name = each.path().filename().string();
      const bool model = name.ends_with(".onnx") || (name.ends_with(".json") && !name.ends_with(".stats.json"));
      if (!model) continue;
      std::vector<std::string> arguments = {"explain", each.path().string(), "equalization", "wide"};
      fs::path stats = each.path();
      stats.replace_extension(".stats.json");
      if (fs::exists(stats)) arguments.insert(arguments.end(), {"--stats", stats.string()});
      const Outcome outcome = run_engine(arguments);
      INFO(name << outcome.err);
      CHECK(outcome.status == 0);
      CHECK(contains(outcome.out, " regions with parents: "));
      CHECK(contains(outcome.out, "\nmatched: ") != contains(outcome.out, " regions with parents: 0 matched"));
    }
  }
}

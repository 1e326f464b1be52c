// --tune and --target: the best of several variants by measurement, judged by other commands and by counting.
#include <map>

#include "graph/formats/format.hpp"
#include "runtime/quality/trial.hpp"
#include "runtime/tune/tune.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;

namespace {

const std::string kModel = "digits_mbv2_relu_imb.json";

// Counts how often each batch is read.
class Counted final : public data::Data {
 public:
  explicit Counted(data::Data& all) : all_(all) {}
  std::uint64_t samples() const override { return all_.samples(); }
  std::size_t batches() const override { return all_.batches(); }
  data::Batch read(std::size_t batch) override {
    ++reads[batch];
    return all_.read(batch);
  }
  bool random() const override { return all_.random(); }
  const std::vector<std::string>& notes() const override { return all_.notes(); }
  const std::vector<std::filesystem::path>& files() const override { return all_.files(); }
  std::map<std::size_t, int> reads;

 private:
  data::Data& all_;
};

double number_at(const std::string& text, const std::string& key) {
  const std::size_t at = text.find("\"" + key + "\": ");
  REQUIRE(at != text.npos);
  return std::stod(text.substr(at + key.size() + 4));
}

}  // namespace

TEST_CASE("tune: the best variant is written, and the score of others agrees") {
  const TemporaryFolder folder;
  const std::string model = data_path(kModel), data = data_path("digits_calib.npy"),
                    out = (folder / "out.json").string();
  const Outcome run =
      run_engine({model, "auto", "--data", data, "--target", "int8,channel", "--tune", "2", "-o", out, "--plan",
                  (folder / "plan.json").string(), "--json", (folder / "report.json").string()});
  INFO(run.out << run.err);
  REQUIRE(run.status == 0);
  CHECK(contains(run.out, "tuned: ranges from 64 samples, signal to noise on 64 others"));
  const std::string report = read_file(folder / "report.json");
  CHECK(number_at(report, "best") > 0);
  const Outcome score =
      run_engine({"score", out, "--before", model, "--data", data_path("digits_x.npy"), "--weights", "channel"});
  INFO(score.out << score.err);
  CHECK(score.status == 0);
  CHECK(contains(score.out, " +3"));  // a gain of 30 dB and more
  // What was chosen is in the plan.
  std::filesystem::create_directory(folder / "applied");
  const Outcome applied =
      run_engine({"apply", (folder / "plan.json").string(), model, "-o", (folder / "applied" / "out.json").string()});
  INFO(applied.err);
  CHECK(applied.status == 0);
  CHECK(read_file(folder / "applied" / "out.safetensors") == read_file(folder / "out.safetensors"));
}

TEST_CASE("tune: eight variants are twelve passes over the inputs that are scored") {
  const std::string file = data_path(kModel);
  const graph::Model model = graph::read_model(file);
  data::Options options{.words = {data_path("digits_calib.npy")}};
  const auto opened = quality::open_in_parts(model.network, options, quality::kDraws);
  Counted data(*opened);
  const quantizer::Options target{.weights = quantizer::WeightSteps::channel};
  tune::Judge judge(file, data, nullptr, {}, {.quantizer = target, .layers = false});
  const auto tuning = tune::tune(judge, tune::candidates_for({"balance"}, target, 8, {}), [](std::uint64_t) {});
  CHECK(tuning.judged.size() == 11);
  const std::size_t half = data.batches() / 2;
  REQUIRE(half >= quality::kDraws);
  for (std::size_t batch = half; batch < data.batches(); ++batch) CHECK(data.reads[batch] == 12);
}

TEST_CASE("tune: of networks with Clips a variant leaves them as they are") {
  const quantizer::Options target{.weights = quantizer::WeightSteps::channel};
  const auto with = tune::candidates_for({"auto"}, target, 8, {.clips = true}),
             without = tune::candidates_for({"auto"}, target, 8, {});
  REQUIRE(with.size() == without.size());
  const auto leaves_clips = [](const tune::Candidate& each) {
    return each.rules == std::vector<std::string>{"prepare", "balance"};
  };
  CHECK(std::ranges::count_if(with, leaves_clips) == 1);
  CHECK(std::ranges::count_if(without, leaves_clips) == 0);
  CHECK(std::ranges::count_if(tune::candidates_for({"balance"}, target, 8, {.clips = true}), leaves_clips) == 0);
}

namespace {

// Eight channels between 9 and 11 in front of a convolution: of the 255 steps from 0 to the largest value few are used.
std::string far_from_zero(const std::filesystem::path& folder) {
  Net net;
  const auto a =
      net.op("Conv", "a",
             {net.input("x", {8, 1, 16, 16}),
              net.constant("w", float_array({8, 1, 1, 1}, {0.06F, 0.05F, 0.04F, 0.06F, 0.05F, 0.04F, 0.06F, 0.05F})),
              net.constant("b", float_array({8}, {9, 9, 10, 10, 9, 9, 10, 10}))});
  net.output(net.conv("c", net.relu("r", a), 4, {.kernel = 1}));
  return net.save(folder, "net").string();
}

}  // namespace

TEST_CASE("tune: biases are absorbed where that is better by measurement, and outputs may differ") {
  const TemporaryFolder folder;
  const std::string model = far_from_zero(folder.path()), data = data_path("digits_calib.npy");
  const auto tuned = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {model,          "auto",   "--data", data, "--target",
                                      "int8,channel", "--tune", "4",      "-o", folder / "out.json"};
    words.insert(words.end(), more.begin(), more.end());
    Outcome run = run_engine(words);
    INFO(run.out << run.err);
    CHECK(run.status == 0);
    return run.out;
  };
  CHECK(contains(tuned({}), "* auto absorb_bias"));
  CHECK(contains(tuned({"--verify", data, "--tolerance", "0.01"}), "* auto absorb_bias"));
  CHECK_FALSE(contains(tuned({"--verify", data}), "absorb_bias"));
  CHECK_FALSE(contains(tuned({"--exact"}), "absorb_bias"));
  const Outcome none =
      run_engine({data_path(kModel), "auto", "--data", data, "--tune", "4", "--dry-run", "-o", folder / "other.json"});
  CHECK(contains(none.out, "left out: absorb_bias has nothing to do"));
}

TEST_CASE("tune: where nothing can be won the network stays as it is") {
  Net net;
  const auto a = net.conv("a", net.input("x", {8, 1, 16, 16}), 3);
  net.node(
      {.type = "Softmax", .name = "s", .inputs = {a}, .outputs = {"s"}, .attributes = {{"axis", std::int64_t{1}}}});
  net.output(net.conv("c", "s", 2));
  const TemporaryFolder folder;
  const std::string model = net.save(folder.path(), "net").string();
  const Outcome run = run_engine({model, "auto", "--data", data_path("digits_calib.npy"), "--tune", "1", "-o",
                                  (folder / "out.json").string(), "--json", (folder / "report.json").string()});
  INFO(run.out << run.err);
  CHECK(run.status == 0);
  CHECK(contains(run.out, "none gains more than 0.3 dB: the network stays as it is"));
  CHECK(number_at(read_file(folder / "report.json"), "best") == 0);
  const Outcome same = run_engine({"compare", model, (folder / "out.json").string(), data_path("digits_calib.npy")});
  CHECK(contains(same.out, "within the tolerance: 0 of an output's largest value"));
}

TEST_CASE("tune: wrong usage is told before anything is read") {
  struct Wrong {
    std::vector<std::string> words;
    const char* says;
  };
  const std::string model = data_path(kModel), data = data_path("digits_calib.npy");
  const std::vector<Wrong> all = {
      {{"--tune", "3"}, "--tune goes with --data"},
      {{"--tune", "0", "--data", data}, "--tune 0: expected a whole number > 0"},
      {{"--tune", "100000", "--data", data}, "--tune: expected 1 to 1000 variants"},
      {{"--target", "int8"}, "--target int8: expected int8,tensor or int8,channel"},
      {{"--target", "int8,chanel"}, "--target int8,chanel: expected int8,tensor or int8,channel"},
      {{"--target", "int1,channel"}, "expected 2 to 16 bits"},
      {{"--target", "int8,tensor,activations"}, "and ,weights behind it where activations stay in float"},
      {{"--bits", "99"}, "--bits 99: expected 2 to 16 bits"},
  };
  for (const Wrong& each : all) {
    std::vector<std::string> words = {model, "auto", "--dry-run"};
    words.insert(words.end(), each.words.begin(), each.words.end());
    const Outcome outcome = run_engine(words);
    INFO(outcome.err);
    CHECK(outcome.status == 2);
    CHECK(contains(outcome.err, each.says));
  }
  const Outcome outcome = run_engine({model, "cross_layer", "--tune", "2", "--data", data, "--dry-run"});
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, "these files have no rule 'balance'"));
}

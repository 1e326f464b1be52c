// compare, score, and a run with --verify and --score, as a user calls them.
#include <cmath>
#include <cstring>

#include "graph/model.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/net.hpp"
#include "tests/support/npy.hpp"
#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

using namespace rw;
using namespace rw::test;
namespace fs = std::filesystem;

namespace {

// A .npy of this type ("<f4", "<i8").
template <typename T>
void write_npy(const fs::path& path, const std::string& type, const Dims& shape, const std::vector<T>& values) {
  std::string dims;
  for (const std::int64_t dim : shape) dims += std::to_string(dim) + ", ";
  std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + dims + "), }";
  header.resize((header.size() + 11 + 63) / 64 * 64 - 11, ' ');
  header += '\n';
  std::string text = "\x93NUMPY" + std::string("\x01\x00", 2);
  text += static_cast<char>(header.size() % 256);
  text += static_cast<char>(header.size() / 256);
  text += header;
  text.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  write_file(path, text);
}

// The first images for digits, and their labels.
void write_digits(const TemporaryFolder& folder, std::int64_t count) {
  const Array images = read_npy(data_path("digits_x.npy")), labels = read_npy(data_path("digits_y.npy"));
  const auto some = images.to_floats();
  write_npy(folder / "x.npy", "<f4", {count, 1, 16, 16}, std::vector<float>(some.begin(), some.begin() + count * 256));
  const auto right = labels.ints();
  write_npy(folder / "y.npy", "<i8", {count}, std::vector<std::int64_t>(right.begin(), right.begin() + count));
}

struct Wrong {
  std::vector<std::string> words;
  int status;
  const char* says;
};

// The number behind `"key": ` at its first place behind `from`.
double number_at(const std::string& text, const std::string& key, std::size_t from = 0) {
  const std::size_t at = text.find("\"" + key + "\": ", from);
  REQUIRE(at != text.npos);
  return std::stod(text.substr(at + key.size() + 4));
}

}  // namespace

TEST_CASE("compare: a network is itself, and far from another") {
  const TemporaryFolder folder;
  write_digits(folder, 24);
  const std::string one = data_path("digits_mbv2_relu_imb.json"), other = data_path("digits_res.json");
  const std::string x = (folder / "x.npy").string();
  const Outcome same = run_engine({"compare", one, one, x});
  INFO(same.out << same.err);
  CHECK(same.status == 0);
  CHECK(contains(same.out, "on 24 samples\n"));
  CHECK(contains(same.out, "24 of 24 (100.0 %)"));
  CHECK(contains(same.out, "within the tolerance: 0 of an output's largest value, 0.001 allowed\n"));
  const Outcome far = run_engine({"compare", one, other, x});
  CHECK(far.status == 3);
  CHECK(contains(far.out, "beyond the tolerance: "));
  CHECK(run_engine({"compare", one, other, x, "--tolerance", "1000"}).status == 0);
  const Outcome drawn = run_engine({"compare", one, one});
  CHECK(drawn.status == 0);
  CHECK(contains(drawn.out, "on 8 drawn samples\n"));
}

TEST_CASE("compare: what it tells is what the evaluator computes, on text and as data") {
  const TemporaryFolder folder;
  write_digits(folder, 16);
  const std::string before = data_path("digits_mbv2_relu_imb.json"), after = (folder / "after.json").string();
  REQUIRE(run_engine({before, "cross_layer", "-o", after}).status == 0);
  const std::string x = (folder / "x.npy").string();
  const Outcome outcome = run_engine({"compare", before, after, x, "--layers", "--json"});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.status == 0);
  const Arrays inputs = {{"x", read_npy(folder / "x.npy")}};
  const Array exact = evaluate(graph::read_model(before).network, inputs).at("y");
  const Array now = evaluate(graph::read_model(after).network, inputs).at("y");
  const std::size_t outputs = outcome.out.find("\"outputs\"");
  // Sums are in another order than the evaluator's: the size of the difference is that of rounding in both.
  CHECK(number_at(outcome.out, "relative", outputs) <= 1e-5);
  CHECK(difference(exact, now) <= 1e-5);
  CHECK(number_at(outcome.out, "elements", outputs) == static_cast<double>(exact.count()));
  CHECK(contains(outcome.out, "\"within\": true"));
  CHECK(contains(outcome.out, "\"classes\": {\"rows\": 16, \"equal\": 16}"));
  // Layers are scaled, and nothing else is different about them.
  const std::size_t layers = outcome.out.find("\"layers\"");
  REQUIRE(layers != outcome.out.npos);
  CHECK(number_at(outcome.out, "decibels_scaled", layers) > 80);
  const Outcome text = run_engine({"compare", before, after, x, "--layers"});
  CHECK(contains(text.out, " .. "));
  CHECK_FALSE(contains(text.out, "they part at"));
  const Outcome parted = run_engine({"compare", before, data_path("digits_mbv2_relu_imb.json"), x, "--layers"});
  CHECK_FALSE(contains(parted.out, "they part at"));
}

TEST_CASE("compare and score read every model that a run reads") {
  const TemporaryFolder folder;
  Net n(3);
  n.output(n.conv("c", n.relu("r", n.conv("a", n.image(), 6)), 3));
  const std::string flat = n.save(folder.path(), "flat").string();
  const std::string nested = n.save_nested(folder.path(), "nested", 4).string();
  const Outcome outcome = run_engine({"compare", flat, nested, "--random", "3"});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.status == 0);
  REQUIRE(run_engine({flat, "equalization", "-o", (folder / "out.onnx").string()}).status == 0);
  CHECK(run_engine({"compare", flat, (folder / "out.onnx").string(), "--random", "3"}).status == 0);
  for (const std::string& model : {flat, nested, (folder / "out.onnx").string()}) {
    const Outcome scored = run_engine({"score", model});
    INFO(scored.out << scored.err);
    CHECK(scored.status == 0);
  }
}

TEST_CASE("score: what a rewriting wins, side by side") {
  const TemporaryFolder folder;
  write_digits(folder, 48);
  const std::string before = data_path("digits_mbv2_relu_imb.json"), after = (folder / "after.json").string();
  REQUIRE(run_engine({before, "cross_layer", "-o", after}).status == 0);
  const std::string x = (folder / "x.npy").string(), y = (folder / "y.npy").string();
  const Outcome outcome = run_engine({"score", after, "--before", before, "--data", x, "--labels", y, "--json"});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(number_at(outcome.out, "mean", outcome.out.find("\"gain\"")) > 20);
  CHECK(contains(outcome.out, "\"draws\": 6, \"jitter\": 0.08"));
  const std::size_t second = outcome.out.find("after.json");
  CHECK(number_at(outcome.out, "rows", second) == 24);  // the second half
  CHECK(number_at(outcome.out, "right", second) >= 22);
  CHECK(number_at(outcome.out, "right_in_float", second) >= 22);
  CHECK(number_at(outcome.out, "samples", second) == 24);
  const Outcome text = run_engine({"score", after, "--before", before, "--data", x, "--labels", y});
  CHECK(contains(text.out, "gain"));
  CHECK(contains(text.out, "best class right"));
  CHECK(contains(text.out, "noisiest layers of "));
  CHECK(run_engine({"score", after, "--before", before, "--data", x, "--labels", y}).out == text.out);  // the same luck
}

TEST_CASE("score: steps by channel, weights alone and more bits make less noise") {
  const TemporaryFolder folder;
  write_digits(folder, 24);
  const auto score = [&](std::vector<std::string> options) {
    std::vector<std::string> words = {"score", data_path("digits_res.json"), "--data", (folder / "x.npy").string(),
                                      "--json"};
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = run_engine(words);
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    return number_at(outcome.out, "mean", outcome.out.find("\"networks\""));
  };
  CHECK(score({}) > 15);
  const double weights = score({"--activations", "none"});
  CHECK(weights > score({"--weights", "tensor", "--activations", "tensor"}));
  CHECK(score({"--activations", "none", "--weights", "channel"}) > weights);
  CHECK(score({"--activations", "none", "--bits", "10"}) > weights + 8);  // 6 dB a bit
  CHECK(score({"--activations", "none", "--bits", "6"}) < weights - 8);
}

TEST_CASE("score: ranges of statistics, and data for what they lack") {
  const TemporaryFolder folder;
  write_digits(folder, 16);
  const std::string x = (folder / "x.npy").string();
  const Outcome outcome = run_engine({"score", data_path("digits_mbv2_imb.onnx"), "--data", x, "--stats",
                                      data_path("digits_mbv2_imb.stats.json"), "--json"});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(number_at(outcome.out, "from_statistics") > 20);
  CHECK(number_at(outcome.out, "observed") == 0);
  CHECK(number_at(outcome.out, "samples", outcome.out.find("\"networks\"")) == 16);
}

TEST_CASE("compare and score: mistakes are told with what would be right") {
  const TemporaryFolder folder;
  write_digits(folder, 4);
  write_npy(folder / "few.npy", "<i8", {3}, std::vector<std::int64_t>{1, 2, 3});
  write_npy(folder / "floats.npy", "<f4", {4}, std::vector<float>{1, 2, 3, 4});
  write_npy(folder / "from_one.npy", "<i8", {4}, std::vector<std::int64_t>{1, 2, 10, 4});
  write_npy(folder / "hot.npy", "<i4", {4, 10}, std::vector<std::int32_t>(40, 0));
  write_npy(folder / "text.npy", "<U1", {4}, std::vector<std::int32_t>(4, 'a'));
  write_file(folder / "cut.npy", read_file(folder / "few.npy").substr(0, 140));
  write_npy(folder / "picture.npy", "<f4", {3, 3, 8, 8}, std::vector<float>(576, 0.5F));
  Net n(3), two(3);
  n.output(n.conv("a", n.image(), 6));
  two.output(two.add("s", two.input("x", {1, 3, 8, 8}), two.input("z", {1, 3, 8, 8})));
  const std::string m = n.save(folder.path(), "m").string(), t = two.save(folder.path(), "t").string();
  const std::string digits = data_path("digits_res.json"), x = (folder / "x.npy").string();
  const std::vector<Wrong> cases = {
      {{"compare", m}, 2, "B is missing"},
      {{"compare", m, m, "--tolerance", "much"}, 2, "--tolerance much: expected a number >= 0"},
      {{"compare", m, m, "--tolerance=-1"}, 2, "expected a number >= 0"},
      {{"compare", m, m, "--tolerance", "nan"}, 2, "expected a number >= 0"},
      {{"compare", m, m, x, "--random", "3"}, 2, "--random"},
      {{"compare", m, m, x, "--seed", "3"}, 2, "--seed says which samples are drawn, and there is data"},
      {{"score", m, "--data", x, "--seed", "3"}, 2, "--seed says which samples are drawn, and there is data"},
      {{"compare", m, (folder / "none.json").string()}, 1, "none.json"},
      {{"compare", m, t}, 1, "has 2 inputs, where"},
      {{"compare", m, m, x}, 1, "x.npy"},
      {{"score"}, 2, "MODEL is missing"},
      {{"score", m, "--bits", "1"}, 2, "--bits 1: expected 2 to 16"},
      {{"score", m, "--bits", "17"}, 2, "--bits 17: expected 2 to 16"},
      {{"score", m, "--weights", "row"}, 2, "--weights row: expected tensor or channel"},
      {{"score", m, "--activations", "channel"}, 2, "--activations channel: expected tensor or none"},
      {{"score", m, "--labels", x}, 2, "--labels goes with --data"},
      {{"score", m, "--before", m, "--stats", x}, 2, "--before takes those of both from the data"},
      {{"score", digits, "--data", x, "--labels", (folder / "few.npy").string()},
       1,
       "few.npy: has 3 labels for 4 samples: one for each is wanted"},
      {{"score", digits, "--data", x, "--labels", (folder / "floats.npy").string()}, 1, "labels are whole numbers"},
      {{"score", digits, "--data", x, "--labels", (folder / "hot.npy").string()},
       1,
       "hot.npy: has 40 labels for 4 samples: one for each is wanted"},
      {{"score", digits, "--data", x, "--labels", (folder / "text.npy").string()}, 1, "text.npy: its element type is"},
      {{"score", digits, "--data", x, "--labels", (folder / "cut.npy").string()}, 1, "cut.npy: "},
      {{"score", digits, "--data", x, "--labels", (folder / "absent.npy").string()}, 1, "absent.npy"},
      {{"score", digits, "--data", x, "--labels", (folder / "from_one.npy").string()},
       1,
       "output 'y': has 10 classes, 0 to 9, and label 2 of the samples, counted from 0, is 10"},
      {{"score", m, "--data", (folder / "picture.npy").string(), "--labels", (folder / "few.npy").string()},
       1,
       "no output has class scores, [samples, classes], for the labels"},
      {{"score", digits, "--data", (folder / "missing.npy").string()}, 1, "missing.npy"},
      {{digits, "equalization", "--tolerance", "0.1", "--dry-run"}, 2, "--tolerance goes with --verify"},
      {{digits, "equalization", "--verify", (folder / "missing.npy").string()}, 1, "missing.npy"},
  };
  for (const Wrong& each : cases) {
    const Outcome outcome = run_engine(each.words, {.folder = folder.path()});
    INFO(each.words[0] << " " << each.says << "\n" << outcome.err << outcome.out);
    CHECK(outcome.status == each.status);
    CHECK(contains(outcome.err, each.says));
    CHECK(outcome.out.empty());
    CHECK_FALSE(fs::exists(folder / "digits_res.rewritten.json"));
  }
}

TEST_CASE("A run with --verify and --score tells both, on text and in its report") {
  const TemporaryFolder folder;
  write_digits(folder, 24);
  const std::string model = data_path("digits_mbv2_relu_imb.json"), x = (folder / "x.npy").string();
  const Outcome outcome =
      run_engine({model, "cross_layer", "--verify", x, "--score", "-o", "out.json", "--json", "report.json"},
                 {.folder = folder.path()});
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "\nverify: before and after on 24 samples\n"));
  CHECK(contains(outcome.out, "within the tolerance: "));
  CHECK(contains(outcome.out, "\nscore: "));
  CHECK(contains(outcome.out, "gain\n"));
  const std::string report = read_file(folder / "report.json");
  CHECK(number_at(report, "relative", report.find("\"verify\"")) <= 1e-5);
  CHECK(number_at(report, "mean", report.find("\"gain\"")) > 20);
  // What was verified is what was written.
  const Outcome again = run_engine({"compare", model, (folder / "out.json").string(), x, "--json"});
  CHECK(number_at(again.out, "relative") == number_at(report, "relative", report.find("\"verify\"")));
}

TEST_CASE("A run whose outputs lie further apart than the tolerance writes nothing") {
  const TemporaryFolder folder;
  write_digits(folder, 8);
  const std::string model = data_path("digits_mbv2_relu_imb.json"), x = (folder / "x.npy").string();
  const Outcome outcome = run_engine({model, "cross_layer", "--verify", x, "--tolerance", "0", "-o", "out.json", "-q"},
                                     {.folder = folder.path()});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.status == 3);
  CHECK(contains(outcome.out, "beyond the tolerance: "));
  CHECK(contains(outcome.out, "nothing was written\n"));
  CHECK_FALSE(fs::exists(folder / "out.json"));
}

TEST_CASE("A run with approximate edits must be given a tolerance") {
  const TemporaryFolder folder;
  Net n(7);
  const auto a = n.clip("six", n.conv("a", n.image(), 6), 0.0F, 6.0F);
  n.output(n.conv("b", a, 4));
  const std::string model = n.save(folder.path(), "m").string();
  write_npy(folder / "x.npy", "<f4", {1, 3, 8, 8}, n.inputs(0).at("x").to_floats());
  const std::vector<std::string> words = {model, "relu6", "--verify", (folder / "x.npy").string(), "-o", "out.json"};
  const Outcome plain = run_engine({model, "relu6", "-o", "plain.json"}, {.folder = folder.path()});
  INFO(plain.out << plain.err);
  REQUIRE(contains(plain.out, "approximate: "));  // else this shows nothing
  const Outcome outcome = run_engine(words, {.folder = folder.path()});
  INFO(outcome.out << outcome.err);
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, "say with --tolerance how far outputs may lie apart"));
  CHECK_FALSE(fs::exists(folder / "out.json"));
  std::vector<std::string> given = words;
  given.insert(given.end(), {"--tolerance", "0.5"});
  CHECK(run_engine(given, {.folder = folder.path()}).status == 0);
  CHECK(fs::exists(folder / "out.json"));
}

TEST_CASE("What is verified is none of the files that are written") {
  const TemporaryFolder folder;
  write_digits(folder, 4);
  fs::copy_file(folder / "x.npy", folder / "report.npy");
  const Outcome outcome = run_engine({data_path("digits_res.json"), "equalization", "--verify", "report.npy", "--json",
                                      "report.npy", "-o", "out.json"},
                                     {.folder = folder.path()});
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.err, "it is one of the files that are read"));
  CHECK(read_file(folder / "x.npy") == read_file(folder / "report.npy"));
}

// The command calibrate, and runs that measure ranges themselves: against the evaluator and statistics that ship.
#include <cmath>

#include "graph/model.hpp"
#include "runtime/calibrate/merge.hpp"
#include "tests/calibrate/measured.hpp"
#include "tests/samples/saved.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace rw;
using namespace rw::test;

namespace {

double range_of(const calibrate::TensorTotals& tensor) {
  double range = 0;
  for (const calibrate::Channel& each : tensor.channels)
    range = std::max(range, static_cast<double>(each.max) - static_cast<double>(each.min));
  return range;
}

bool near(double a, double b, double relative = 1e-9) { return std::fabs(a - b) <= relative * (1 + std::fabs(a)); }

// What one run over all of the data gives, within the last places of sums.
void check_same(const calibrate::Totals& a, const calibrate::Totals& b) {
  REQUIRE(a.tensors.size() == b.tensors.size());
  CHECK(a.samples == b.samples);
  for (const auto& [name, one] : a.tensors) {
    INFO(name);
    const calibrate::TensorTotals& other = b.tensors.at(name);
    CHECK(one.axis == other.axis);
    CHECK(one.count == other.count);
    REQUIRE(one.channels.size() == other.channels.size());
    for (std::size_t i = 0; i < one.channels.size(); ++i) {
      const calibrate::Channel &x = one.channels[i], &y = other.channels[i];
      CHECK(x.min == y.min);
      CHECK(x.max == y.max);
      CHECK(x.positive == y.positive);
      CHECK(x.zero == y.zero);
      CHECK(near(x.sum, y.sum));
      CHECK(near(x.squares, y.squares));
      REQUIRE(x.histogram.size() == y.histogram.size());
      CHECK(x.histogram.exponent() == y.histogram.exponent());
      bool bins = true;
      for (std::size_t bin = 0; bin < x.histogram.size(); ++bin)
        bins &= x.histogram.count(bin) == y.histogram.count(bin);
      CHECK(bins);
    }
  }
}

}  // namespace

TEST_CASE("What calibrate writes is what the evaluator's values are, channel by channel") {
  const Small small;
  small.samples("all.npy", 0, 20);
  const Outcome outcome = run_in(small.folder, {"calibrate", "m.json", "all.npy", "--batch", "8", "-o", "s.json"});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "m.json: 20 samples in 3 batches\n"));
  const calibrate::Totals totals = calibrate::read_totals(small.folder / "s.json");
  CHECK(totals.samples == 20);
  CHECK_FALSE(totals.random);
  CHECK(totals.from == std::vector<std::string>{"all.npy"});
  // By channel, the values of all samples in their order.
  std::map<std::string, std::vector<std::vector<double>>> values;
  const graph::Network network = small.net.network();
  for (std::size_t i = 0; i < 20; ++i)
    for (const auto& [name, array] : evaluate(network, {{"x", small.sample(i)}})) {
      if (!totals.tensors.count(name)) continue;
      const auto channels = static_cast<std::size_t>(array.dim(1));
      auto& lists = values[name];
      lists.resize(channels);
      const std::size_t area = array.count() / channels;
      for (std::size_t j = 0; j < array.count(); ++j) lists[j / area].push_back(static_cast<double>(array.floats()[j]));
    }
  CHECK(values.size() == totals.tensors.size());
  for (const std::string name : {"x", "a", "r", "b", "g"}) CHECK(totals.tensors.count(name) == 1);
  for (const auto& [name, tensor] : totals.tensors) {
    INFO(name);
    CHECK(tensor.axis == 1);
    REQUIRE(tensor.channels.size() == values[name].size());
    const double slack = 1e-5 * range_of(tensor);
    for (std::size_t c = 0; c < tensor.channels.size(); ++c) {
      std::vector<double>& list = values[name][c];
      std::sort(list.begin(), list.end());
      const calibrate::Channel& channel = tensor.channels[c];
      REQUIRE(tensor.count == list.size());
      double sum = 0, squares = 0;
      for (const double each : list) sum += each, squares += each * each;
      CHECK(std::fabs(static_cast<double>(channel.min) - list.front()) <= slack);
      CHECK(std::fabs(static_cast<double>(channel.max) - list.back()) <= slack);
      CHECK(std::fabs(channel.sum - sum) <= slack * static_cast<double>(list.size()));
      CHECK(near(channel.squares, squares, 1e-4));
      const auto positive = static_cast<std::uint64_t>(list.end() - std::upper_bound(list.begin(), list.end(), 0.0));
      CHECK(channel.positive == positive);
      const double median = calibrate::percentile(tensor, channel, 50);
      CHECK(std::fabs(median - list[(list.size() + 1) / 2 - 1]) <= range_of(tensor) / 2048 + slack);
    }
  }
}

TEST_CASE("Ranges of the trained networks are those that ship with them") {
  for (const std::string stem : {"digits_mbv2_imb", "digits_res"}) {
    INFO(stem);
    const bool onnx = stem == "digits_mbv2_imb";
    const TemporaryFolder folder;
    const Outcome outcome = run_in(folder, {"calibrate", data_path(stem + (onnx ? ".onnx" : ".json")),
                                            data_path("digits_calib.npy"), "-o", "s.json", "--threads", "1"});
    INFO(outcome.err);
    REQUIRE(outcome.status == 0);
    const calibrate::Totals ours = calibrate::read_totals(folder / "s.json");
    graph::Model model = graph::read_model(data_path(stem + (onnx ? ".onnx" : ".json")));
    if (onnx) graph::read_statistics(data_path(stem + ".stats.json"), model);
    std::size_t compared = 0;
    for (const graph::Statistic& entry : model.statistics.entries()) {
      const auto found = ours.tensors.find(std::string(entry.name));
      if (found == ours.tensors.end() || found->second.axis != entry.axis) continue;
      INFO(entry.name);
      REQUIRE(found->second.channels.size() == entry.min.size());
      const double slack = 1e-5 * range_of(found->second);
      for (std::size_t i = 0; i < entry.min.size(); ++i) {
        CHECK(std::fabs(static_cast<double>(found->second.channels[i].min) - entry.min[i]) <= slack);
        CHECK(std::fabs(static_cast<double>(found->second.channels[i].max) - entry.max[i]) <= slack);
      }
      ++compared;
    }
    CHECK(compared > 20);
  }
}

TEST_CASE("Files of parts of the data add up to that of all of it") {
  const Small small;
  small.samples("all.npy", 0, 15);
  small.samples("p1.npy", 0, 4);
  small.samples("p2.npy", 4, 1);
  small.samples("p3.npy", 5, 10);
  for (const std::string name : {"all", "p1", "p2", "p3"})
    REQUIRE(run_in(small.folder, {"calibrate", "m.json", name + ".npy", "-o", name + ".json"}).status == 0);
  const Outcome outcome =
      run_in(small.folder, {"calibrate", "--merge", "p3.json", "p1.json", "p2.json", "-o", "sum.json"});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  check_same(calibrate::read_totals(small.folder / "sum.json"), calibrate::read_totals(small.folder / "all.json"));
  // Again, and with a file of ranges alone: ranges alone.
  REQUIRE(run_in(small.folder, {"calibrate", "--merge", "sum.json", "-o", "again.json"}).status == 0);
  check_same(calibrate::read_totals(small.folder / "again.json"), calibrate::read_totals(small.folder / "all.json"));
  write_file(small.folder / "r.json", R"({"r": {"min": [-9,0,0,0,0,0], "max": [9,9,9,9,9,9]}})");
  REQUIRE(run_in(small.folder, {"calibrate", "--merge", "p1.json", "r.json", "-o", "r2.json"}).status == 0);
  const calibrate::Totals ranges = calibrate::read_totals(small.folder / "r2.json");
  CHECK(ranges.tensors.at("r").count == 0);
  CHECK(ranges.tensors.at("r").channels[0].min == -9);
  CHECK(ranges.tensors.at("a").count > 0);
}

TEST_CASE("Files that cannot be added up are told so, and nothing is written") {
  const Small small;
  small.samples("a.npy", 0, 2);
  REQUIRE(run_in(small.folder, {"calibrate", "m.json", "a.npy", "-o", "a.json"}).status == 0);
  const std::string good = read_file(small.folder / "a.json");
  const auto error = [&](const std::string& text) {
    write_file(small.folder / "b.json", text);
    const Outcome outcome = run_in(small.folder, {"calibrate", "--merge", "a.json", "b.json", "-o", "sum.json"});
    CHECK(outcome.status == 1);
    CHECK_FALSE(std::filesystem::exists(small.folder / "sum.json"));
    return outcome.err;
  };
  CHECK(
      contains(error(R"({"r": {"min": [0], "max": [1]}})"),
               "b.json: calibration 'r': it has 1 channel along axis 1 here, and 6 along axis 1 in the files before"));
  CHECK(contains(error(R"({"r": [2, 1]})"), "b.json: calibration 'r'"));
  CHECK(contains(error("{"), "b.json: "));
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const std::size_t at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
  };
  CHECK(contains(error(changed("\"width\": [", "\"width\": [0.3, ")), "calibration 'a'"));
  CHECK(contains(error(changed("\"count\": 128", "\"count\": 127")), "its counts are more than \"count\""));
  CHECK(contains(error(changed("\"count\": 128", "\"count\": 129")), "its counts are fewer than \"count\""));
  CHECK(contains(error(changed("\"positive\": [", "\"positive\": [2, ")), "calibration 'a'"));
}

TEST_CASE("Drawn samples are told apart, and every tensor is measured") {
  const Small small;
  const Outcome outcome = run_in(small.folder, {"calibrate", "m.json", "--random", "3"});
  INFO(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out, "m.json: 3 drawn samples in 1 batch\n"));
  const calibrate::Totals totals = calibrate::read_totals(small.folder / "m.stats.json");
  CHECK(totals.random);
  CHECK(totals.samples == 3);
  const Outcome json = run_in(small.folder, {"calibrate", "m.json", "--random", "3", "--json"});
  CHECK(contains(json.out, "\"random\": true"));
  CHECK(contains(json.out, "\"written\": \"m.stats.json\""));
}

TEST_CASE("The percentiles that are asked for are in the file") {
  const Small small;
  REQUIRE(run_in(small.folder, {"calibrate", "m.json", "--random", "2", "--percentile", "0.5,99.5", "-o", "s.json"})
              .status == 0);
  const std::string text = read_file(small.folder / "s.json");
  CHECK(contains(text, "\"p0.5\": ["));
  CHECK(contains(text, "\"p99.5\": ["));
  CHECK_FALSE(contains(text, "\"p99.9\""));
  for (const std::string wrong : {"", "a", "101", "-1", "1,", "nan"})
    CHECK(run_in(small.folder, {"calibrate", "m.json", "--random", "2", "--percentile=" + wrong}).status == 2);
}

TEST_CASE("A run measures the ranges itself, as calibrate and --stats do in two steps") {
  const Small small;
  small.samples("all.npy", 0, 6);
  REQUIRE(run_in(small.folder, {"calibrate", "m.json", "all.npy", "-o", "s.json"}).status == 0);
  const Outcome two = run_in(small.folder, {"m.json", "equalization", "--stats", "s.json", "-o", "two.json"});
  const Outcome one = run_in(small.folder, {"m.json", "equalization", "--data", "all.npy", "-o", "one.json"});
  INFO(two.err << one.err);
  REQUIRE(two.status == 0);
  REQUIRE(one.status == 0);
  CHECK(contains(one.out, "pair"));
  CHECK(read_file(small.folder / "one.safetensors").size() > 0);
  const auto weights = [&](const std::string& stem) {
    graph::Model model = graph::read_model(small.folder / (stem + ".json"));
    return read_literal(*model.network.tensor(*model.network.find("a.weight")).constant);
  };
  CHECK(identical(weights("one"), weights("two")));
  CHECK_FALSE(
      identical(weights("one"),
                read_literal(*small.net.model().network.tensor(*small.net.model().network.find("a.weight")).constant)));
  CHECK(run_in(small.folder, {"m.json", "equalization", "--data", "all.npy", "--stats", "s.json"}).status == 2);
  const Outcome over = run_in(small.folder, {"m.json", "equalization", "--data", "all.npy", "--json", "all.npy"});
  CHECK(over.status == 1);
  CHECK(contains(over.err, "all.npy: it is one of the files that are read"));
  const Outcome explain = run_in(small.folder, {"explain", "m.json", "equalization", "--data", "all.npy"});
  CHECK(explain.status == 0);
}

TEST_CASE("Scaled statistics keep their keys, and what calibrate counted is scaled with them") {
  const Small small;
  small.samples("all.npy", 0, 6);
  REQUIRE(run_in(small.folder, {"calibrate", "m.json", "all.npy", "-o", "s.json"}).status == 0);
  const Outcome run = run_in(small.folder, {"m.json", "equalization", "--stats", "s.json", "-o", "new.json"});
  INFO(run.err << run.out);
  REQUIRE(run.status == 0);
  CHECK_FALSE(contains(run.out, "left out of the statistics"));
  // Measured on the new network: the same ranges and shares.
  REQUIRE(run_in(small.folder, {"calibrate", "new.json", "all.npy", "-o", "new.stats.json"}).status == 0);
  const calibrate::Totals measured = calibrate::read_totals(small.folder / "new.stats.json");
  graph::Model scaled = graph::read_model(small.folder / "new.json");
  const graph::Statistic* entry = scaled.statistics.find(*scaled.network.find("r"));
  REQUIRE(entry);
  const calibrate::TensorTotals& tensor = measured.tensors.at("r");
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(near(entry->max[i], static_cast<double>(tensor.channels[i].max), 1e-4));
    CHECK(near(entry->mean[i], tensor.channels[i].sum / static_cast<double>(tensor.count), 1e-4));
  }
  CHECK(contains(entry->text, "\"width\""));
  CHECK(contains(entry->text, "\"positive\""));
}

TEST_CASE("Wrong data ends with exit status 1, the file and what is wrong, and nothing is written") {
  const Small small;
  const auto error = [&](const std::vector<std::string>& data, int status = 1) {
    for (const bool run : {false, true}) {
      std::vector<std::string> words = run ? std::vector<std::string>{"m.json", "equalization", "-o", "out.json"}
                                           : std::vector<std::string>{"calibrate", "m.json", "-o", "out.json"};
      for (const std::string& each : data) {
        if (run) words.emplace_back("--data");
        words.push_back(each);
      }
      const Outcome outcome = run_in(small.folder, words);
      CHECK(outcome.status == status);
      CHECK_FALSE(std::filesystem::exists(small.folder / "out.json"));
      CHECK(outcome.out.empty());
      if (run) return outcome.err;
    }
    return std::string();
  };
  small.samples("a.npy", 0, 1);
  std::filesystem::create_directory(small.folder / "empty");
  write_file(small.folder / "shape.npy", npy_text("<f4", {1, 3, 8, 7}, std::string(672, '\0')));
  write_file(small.folder / "text.npy", npy_text("<U4", {1, 3, 8, 8}, std::string(3072, '\0')));
  write_file(small.folder / "nan.npy", npy_text("<f4", {1, 3, 8, 8}, std::string(764, '\0') + "\0\0\xc0\x7f"));
  std::string nan = npy_text("<f4", {1, 3, 8, 8}, std::string(764, '\0') + std::string("\x00\x00\xc0\x7f", 4));
  write_file(small.folder / "nan.npy", nan);
  std::filesystem::create_directory(small.folder / "images");
  const std::string png = png_text(9, 9, std::vector<std::uint8_t>(243, 7));
  write_file(small.folder / "images/1.png", png);
  write_file(small.folder / "images/2.png", png.substr(0, png.size() - 30));
  CHECK(error({"shape.npy"}) == "shape.npy: its shape is [1, 3, 8, 7], and input 'x' takes [?, 3, 8, 8]\n");
  CHECK(contains(error({"text.npy"}), "text.npy: its element type is '<U4'"));
  CHECK(error({"nan.npy"}) == "nan.npy: element [0, 2, 7, 7] is NaN\n");
  CHECK(error({"empty"}) == "empty: the folder is empty: expected files of samples in it\n");
  CHECK(contains(error({"images"}), "images/2.png: the PNG cannot be decoded: "));
  CHECK(contains(error({"y=a.npy"}), "a.npy: the network has no input 'y': its inputs are 'x'"));
  CHECK(contains(error({"none"}), "none: there is no such file or folder"));
  const Outcome nothing = run_in(small.folder, {"calibrate", "m.json"});
  CHECK(nothing.status == 1);
  CHECK(contains(nothing.err, "m.json: there is no data: give files, or --random N"));
  CHECK(run_in(small.folder, {"calibrate", "m.json", "a.npy", "--random", "2"}).status == 2);
  CHECK(run_in(small.folder, {"calibrate", "m.json", "a.npy", "--seed", "2"}).status == 2);
  CHECK(run_in(small.folder, {"calibrate", "m.json", "a.npy", "--merge", "-o", "u.json", "--seed", "2"}).status == 2);
  CHECK(run_in(small.folder, {"calibrate", "m.json", "a.npy", "--mean", "127"}).status == 2);
  // Not over what is read.
  const Outcome over = run_in(small.folder, {"calibrate", "m.json", "a.npy", "-o", "a.npy"});
  CHECK(over.status == 1);
  CHECK(contains(over.err, "a.npy: it is one of the files that are read"));
}

TEST_CASE("Images of a folder are what they would be as an array") {
  const Small small;
  std::filesystem::create_directory(small.folder / "images");
  Random random(3);
  std::vector<float> values;
  for (const std::string name : {"1.png", "2.png", "3.png"}) {
    std::vector<std::uint8_t> rgb(192);
    for (std::uint8_t& each : rgb) each = static_cast<std::uint8_t>(random.between(0, 255));
    write_file(small.folder / ("images/" + name), png_text(8, 8, rgb));
    for (std::size_t c = 0; c < 3; ++c)
      for (std::size_t i = 0; i < 64; ++i) values.push_back((static_cast<float>(rgb[i * 3 + c]) / 255 - 0.5F) / 0.25F);
  }
  write_file(small.folder / "a.npy", npy_text("<f4", {3, 3, 8, 8}, bytes_of(values)));
  REQUIRE(run_in(small.folder, {"calibrate", "m.json", "a.npy", "-o", "a.json"}).status == 0);
  const Outcome outcome =
      run_in(small.folder, {"calibrate", "m.json", "images", "--mean", "0.5", "--std", "0.25", "-o", "i.json"});
  REQUIRE(outcome.status == 0);
  CHECK(contains(outcome.out,
                 "note: images: 8 x 8, nchw, rgb (default), 0 to 1, mean 0.5,0.5,0.5, std 0.25,0.25,0.25\n"));
  CHECK(
      contains(run_in(small.folder, {"calibrate", "m.json", "images", "--rgb", "-o", "r.json"}).out, "nchw, rgb, 0 "));
  const calibrate::Totals a = calibrate::read_totals(small.folder / "a.json"),
                          b = calibrate::read_totals(small.folder / "i.json");
  for (const auto& [name, tensor] : a.tensors)
    for (std::size_t i = 0; i < tensor.channels.size(); ++i)
      CHECK(std::fabs(static_cast<double>(tensor.channels[i].max - b.tensors.at(name).channels[i].max)) <=
            1e-5 * range_of(tensor));
}

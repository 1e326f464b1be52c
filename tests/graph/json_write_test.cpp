// Writing models: everything that a rewriting does not touch comes out byte for byte.
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/paths.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

Model read_conv(const TemporaryFolder& folder, const std::string& text = conv_model()) {
  write_file(folder / "w.safetensors", conv_weights());
  return read_text(folder, text);
}

// The model's text after a rewriting, the name of the weight file put back.
std::string written(const TemporaryFolder& folder, const Model& model, const Rewriting& rewriting) {
  write_model(model, rewriting, folder / "out.json");
  return replaced(read_file(folder / "out.json"), "\"out.safetensors\"", "\"w.safetensors\"");
}

}  // namespace

TEST_CASE("An empty rewriting changes the name of the weight file and nothing else") {
  const TemporaryFolder folder;
  const Model model = read_conv(folder);
  const Written result = write_model(model, {}, folder / "out.json");
  CHECK(read_file(folder / "out.json") == replaced(conv_model(), "\"w.safetensors\"", "\"out.safetensors\""));
  const Model after = read_model(folder / "out.json");
  CHECK(values_of(after.network, "w") == std::vector<double>{1.5, -3});
  CHECK(result.files == std::vector<std::filesystem::path>{folder / "out.safetensors", folder / "out.json"});
  CHECK(result.bytes == read_file(folder / "out.safetensors").size() + read_file(folder / "out.json").size());
  CHECK(listing(folder.path()) == std::vector<std::string>{"m.json", "out.json", "out.safetensors", "w.safetensors"});
}

TEST_CASE("A trained model comes out as it went in") {
  const TemporaryFolder folder;
  const std::filesystem::path data = data_path("");
  const Model model = read_model(data / "digits_res.json");
  write_model(model, {}, folder / "digits_res.json");
  CHECK(read_file(folder / "digits_res.json") == read_file(data / "digits_res.json"));
  CHECK(read_file(folder / "digits_res.safetensors") == read_file(data / "digits_res.safetensors"));
}

TEST_CASE("A model without weight files writes none") {
  const TemporaryFolder folder;
  const std::string text = model_text(R"("inputs": ["x"], "outputs": ["x"], "nodes": [])");
  const Model model = read_text(folder, text);
  CHECK(write_model(model, {}, folder / "out.json").files.size() == 1);
  CHECK(read_file(folder / "out.json") == text);
  CHECK(listing(folder.path()) == std::vector<std::string>{"m.json", "out.json"});
}

TEST_CASE("A dry run computes everything and writes nothing") {
  const TemporaryFolder folder;
  const Model model = read_conv(folder);
  const TensorId w = *model.network.find("w");
  Rewriting rewriting;
  rewriting.constants.push_back({w, {{2, 1, 1, 1}, {2}, {{AxisMask::of({0}), {2, 4}}}}});
  const Written dry = write_model(model, rewriting, folder / "out.json", true);
  CHECK(dry.files.empty());
  CHECK(dry.bytes > 0);
  CHECK(listing(folder.path()) == std::vector<std::string>{"m.json", "w.safetensors"});
  rewriting.constants[0].edit.factors[0].values[1] = 1e300;
  CHECK(error_of([&] { write_model(model, rewriting, folder / "out.json", true); }, folder.path()) ==
        "m.json: tensor 'w': its element [1, 0, 0, 0]: value -3 scaled by 1e+300 overflows float32");
}

TEST_CASE("Constants are scaled where they are stored") {
  const TemporaryFolder folder;
  const Model model = read_conv(folder);
  Rewriting rewriting;
  rewriting.constants.push_back({*model.network.find("w"), {{2, 1, 1, 1}, {2}, {{AxisMask::of({0}), {2, 0.1}}}}});
  rewriting.constants.push_back({*model.network.find("b"), {{2}, {2}, {{AxisMask::of({0}), {2, 0.1}}}}});
  CHECK(written(folder, model, rewriting) == replaced(conv_model(), R"("data": [0.5, -1])", R"("data": [1, -0.1])"));
  const Model after = read_model(folder / "out.json");
  CHECK(values_of(after.network, "w") == std::vector<double>{3, static_cast<float>(-3 * 0.1)});
  CHECK(values_of(after.network, "b") == std::vector<double>{1, -0.1F});
}

TEST_CASE("A constant that grows says its new shape") {
  const TemporaryFolder folder;
  const Model model = read_text(folder, model_text(R"("inputs": ["x"], "outputs": ["y"],
    "tensors": {"k": {"data": [3], "shape": [], "dtype": "float16"}}, "nodes": [{"op": "Mul", "inputs": ["x", "k"], "outputs": ["y"]}])"));
  Rewriting rewriting;
  rewriting.constants.push_back({*model.network.find("k"), {{3, 1}, {3}, {{AxisMask::of({0}), {1, 0.1, 2}}}}});
  write_model(model, rewriting, folder / "out.json");
  CHECK(read_file(folder / "out.json") == replaced(read_file(folder / "m.json"), R"("data": [3], "shape": [])",
                                                   R"("data": [3, 0.3, 6], "shape": [3, 1])"));
}

TEST_CASE("Elements are written so that they are read back to the bit") {
  const TemporaryFolder folder;
  const auto again = [&](DType dtype, std::string_view numbers, std::vector<double> factors) {
    const auto count = static_cast<std::int64_t>(factors.size());
    const Model model =
        read_text(folder, model_text(R"("inputs": [], "outputs": ["k"], "nodes": [], "tensors": {"k": {"dtype": ")" +
                                     std::string(name(dtype)) + R"(", "shape": [)" + std::to_string(count) +
                                     R"(], "data": )" + std::string(numbers) + "}}"));
    Rewriting rewriting;
    rewriting.constants.push_back({*model.network.find("k"), {{count}, {count}, {{AxisMask::of({0}), factors}}}});
    write_model(model, rewriting, folder / "out.json");
    std::vector<double> expected = values_of(model.network, "k");
    with_codec(dtype, [&](auto codec) {
      for (std::size_t i = 0; i < expected.size(); ++i)
        expected[i] = codec.widen(codec.narrow(expected[i] * factors[i]));
    });
    CHECK(values_of(read_model(folder / "out.json").network, "k") == expected);
  };
  for (const DType dtype : {DType::float32, DType::float64, DType::float16, DType::bfloat16})
    again(dtype, "[0.1, -0.7, 1234.5, 1e-4, 3]", {1.1, 1 / 3.0, 0.017, 0.3, 1e-3});
}

TEST_CASE("A constant is copied for the node whose edit differs") {
  const TemporaryFolder folder;
  const std::string text = replaced(
      replaced(
          conv_model(), R"("attributes": {"group": 1}})",
          R"("attributes": {"group": 1}}, {"name": "two", "op": "Conv", "inputs": [ "x" ,"w", "b" ], "outputs": ["z"]})"),
      R"(["y"], "weights")", R"(["y", "z"], "weights")");
  const Model model = read_conv(folder, text);
  const TensorId w = *model.network.find("w"), b = *model.network.find("b");
  Rewriting rewriting;
  rewriting.constants.push_back({w, {{2, 1, 1, 1}, {2}, {{AxisMask::of({0}), {2, 2}}}}});
  rewriting.copies.push_back({"w@two", w, {{2, 1, 1, 1}, {2}, {{AxisMask::of({0}), {3, 3}}}}});
  rewriting.copies.push_back({"b@two", b, {{2}, {2}, {{AxisMask::of({0}), {3, 3}}}}});
  rewriting.rebindings.push_back({1, 1, 0});
  rewriting.rebindings.push_back({1, 2, 1});
  std::string expected = replaced(text, R"([ "x" ,"w", "b" ])", R"([ "x" ,"w@two", "b@two" ])");
  expected = replaced(expected, R"({"b": {"dtype")",
                      R"({"b@two": {"dtype": "float32", "shape": [2], "data": [1.5, -3]}, "b": {"dtype")");
  CHECK(written(folder, model, rewriting) == expected);
  const Model after = read_model(folder / "out.json");
  CHECK(values_of(after.network, "w") == std::vector<double>{3, -6});
  CHECK(values_of(after.network, "w@two") == std::vector<double>{4.5, -9});
  CHECK(values_of(after.network, "b@two") == std::vector<double>{1.5, -3});
  CHECK(values_of(after.network, "b") == std::vector<double>{0.5, -1});
}

// --- calibration

TEST_CASE("Calibration is scaled, key by key") {
  const TemporaryFolder folder;
  const std::string text =
      replaced(conv_model(), R"("source": "kept")", R"("zeros": [0.5, 0.25], "mean": [0, 1], "mean_square": [2, 3])");
  const Model model = read_conv(folder, text);
  Rewriting rewriting;
  rewriting.statistics.push_back({*model.network.find("y"), {0.1, 4}});
  std::string expected = replaced(text, R"("min": [-1, 0.25])", R"("min": [-0.1, 1])");
  expected = replaced(expected, R"("max": [1.5, 2])", "\"max\": [" + std::string("0.15000000000000002, 8") + "]");
  expected = replaced(expected, R"("mean": [0, 1])", R"("mean": [0, 4])");
  expected = replaced(expected, R"("mean_square": [2, 3])", R"("mean_square": [0.020000000000000004, 48])");
  CHECK(written(folder, model, rewriting) == expected);
  rewriting.statistics[0].scale[1] = 1e308;
  CHECK(error_of([&] { write_model(model, rewriting, folder / "out.json"); }, folder.path())
            .find("channel 1: 2 scaled by 1e+308 is too large") != std::string::npos);
}

TEST_CASE("Entries that no longer hold are left out, wherever they stand") {
  const TemporaryFolder folder;
  const auto text = [](const std::string& calibration) {
    return model_text(R"("inputs": ["a", "b", "c", "d"], "outputs": [], "nodes": [], "calibration": )" + calibration);
  };
  const std::string entry = R"({"min": [0], "max": [1]})";
  const Model model = read_text(
      folder, text(R"({ "a": )" + entry + " ,\n \"b\": " + entry + ",\n\"c\": " + entry + ", \"d\": " + entry + " }"));
  const auto without = [&](const std::vector<std::string>& names) {
    Rewriting rewriting;
    for (const std::string& each : names) rewriting.statistics.push_back({*model.network.find(each), {}});
    write_model(model, rewriting, folder / "out.json");
    return read_file(folder / "out.json");
  };
  CHECK(without({"a"}) == text(R"({ "b": )" + entry + ",\n\"c\": " + entry + ", \"d\": " + entry + " }"));
  CHECK(without({"b", "c"}) == text(R"({ "a": )" + entry + " ,\n \"d\": " + entry + " }"));
  CHECK(without({"d"}) == text(R"({ "a": )" + entry + " ,\n \"b\": " + entry + ",\n\"c\": " + entry + " }"));
  CHECK(without({"a", "c", "d"}) == text(R"({ "b": )" + entry + " }"));
  CHECK(without({"a", "b", "c", "d"}) == text("{  }"));
}

TEST_CASE("Statistics of a file of their own end up in the model") {
  const TemporaryFolder folder;
  write_file(
      folder / "stats.json",
      R"({"x": {"min": [3], "max": [4], "why": "told"}, "y": {"min": [5, 6], "max": [7, 8]}, "nobody": {"min": [0], "max": [1]}})");
  const auto with_stats = [&](const std::string& text, std::vector<StatisticEdit> edits) {
    Model model = read_conv(folder, text);
    read_statistics(folder / "stats.json", model);
    for (StatisticEdit& each : edits) each.tensor = *model.network.find(each.tensor == 0 ? "x" : "y");
    Rewriting rewriting;
    rewriting.statistics = edits;
    return written(folder, model, rewriting);
  };
  const std::string old = R"({"y": {"min": [-1, 0.25], "max": [1.5, 2], "source": "kept"}})";
  const std::string x = "\n  \"x\": {\"min\": [3], \"max\": [4], \"why\": \"told\"}";
  const std::string y = R"({"min": [5, 6], "max": [7, 8]})";
  SECTION("replaced and added") {
    CHECK(with_stats(conv_model(), {}) == replaced(conv_model(), old, "{\"y\": " + y + "," + x + "}"));
  }
  SECTION("scaled on the way") {
    CHECK(with_stats(conv_model(), {{0, {2}}, {1, {1, 10}}}) ==
          replaced(conv_model(), old,
                   R"({"y": {"min": [5, 60], "max": [7, 80]},)"
                   "\n  \"x\": {\"min\": [6], \"max\": [8], \"why\": \"told\"}}"));
  }
  SECTION("left out") {
    CHECK(with_stats(conv_model(), {{0, {}}, {1, {}}}) == replaced(conv_model(), old, "{}"));
    CHECK(with_stats(conv_model(), {{1, {}}}) == replaced(conv_model(), old, "{" + x + "}"));
  }
  SECTION("an empty calibration, and none") {
    CHECK(with_stats(replaced(conv_model(), old, "{}"), {{1, {}}}) == replaced(conv_model(), old, "{" + x + "}"));
    const std::string none = replaced(conv_model(), "\"calibration\": " + old + ", ", "");
    CHECK(with_stats(none, {}) ==
          replaced(none, R"({"a": null}])", "{\"a\": null}],\n\"calibration\": {" + x + ",\n  \"y\": " + y + "\n}"));
  }
}

// --- several weight files

namespace {

constexpr const char* kShardA = R"({"p":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
constexpr const char* kShardB = R"({"q":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";

std::string sharded(const std::string& weights) {
  return model_text("\"weights\": " + weights + R"(, "inputs": ["x"], "outputs": ["y"],
    "nodes": [{"name": "n", "op": "Sum", "inputs": ["x", "p", "q", "q"], "outputs": ["y"]}])");
}

void write_shards(const TemporaryFolder& folder) {
  std::filesystem::create_directories(folder / "parts");
  write_file(folder / "parts/a.safetensors", safetensors_file(kShardA, bytes_of<float>({1, 2})));
  write_file(folder / "parts/b.safetensors", safetensors_file(kShardB, bytes_of<float>({3, 4})));
}

Rewriting rewriting_of_shards(const Network& network) {
  Rewriting rewriting;
  rewriting.constants.push_back({*network.find("p"), {{2}, {2}, {{AxisMask::of({0}), {10, 100}}}}});
  rewriting.copies.push_back({"q@n", *network.find("q"), {{2, 2}, {2, 2}, {{AxisMask::of({0}), {1, 2}}}}});
  rewriting.rebindings.push_back({0, 2, 0});
  return rewriting;
}

void check_shards(const Network& network) {
  CHECK(values_of(network, "p") == std::vector<double>{10, 200});
  CHECK(values_of(network, "q") == std::vector<double>{3, 4});
  CHECK(values_of(network, "q@n") == std::vector<double>{3, 4, 6, 8});
  CHECK(network.tensor(network.op(0).inputs[2]).name == "q@n");
}

}  // namespace

TEST_CASE("A list of weight files stays a list") {
  const TemporaryFolder folder;
  write_shards(folder);
  const Model model = read_text(folder, sharded(R"(["parts/a.safetensors", "parts/b.safetensors"])"));
  CHECK(values_of(model.network, "q") == std::vector<double>{3, 4});
  const Written result = write_model(model, rewriting_of_shards(model.network), folder / "out.json");
  CHECK(result.files.size() == 3);
  CHECK(read_file(folder / "out.json") ==
        replaced(sharded(R"(["out-00001-of-00002.safetensors", "out-00002-of-00002.safetensors"])"), "\"q\", \"q\"]",
                 "\"q@n\", \"q\"]"));
  check_shards(read_model(folder / "out.json").network);
}

TEST_CASE("An index of weight files stays an index") {
  const TemporaryFolder folder;
  write_shards(folder);
  const std::string index = R"({"metadata": {"total_size": 16, "by": "hand"},
  "weight_map": {"q": "b.safetensors", "p": "a.safetensors"}})";
  write_file(folder / "parts/m.safetensors.index.json", index);
  const Model model = read_text(folder, sharded("\"parts/m.safetensors.index.json\""));
  CHECK(model.sources.size() == 4);
  write_model(model, {}, folder / "same.json");
  std::string expected = replaced(index, "\"b.safetensors\"", "\"same-00001-of-00002.safetensors\"");
  expected = replaced(expected, "\"a.safetensors\"", "\"same-00002-of-00002.safetensors\"");
  CHECK(read_file(folder / "same.safetensors.index.json") == expected);

  write_model(model, rewriting_of_shards(model.network), folder / "out.json");
  expected = replaced(index, "\"b.safetensors\"",
                      R"("out-00001-of-00002.safetensors", "q@n": "out-00001-of-00002.safetensors")");
  expected = replaced(expected, "\"a.safetensors\"", "\"out-00002-of-00002.safetensors\"");
  CHECK(read_file(folder / "out.safetensors.index.json") == replaced(expected, "16", "32"));
  check_shards(read_model(folder / "out.json").network);
}

TEST_CASE("Mistakes in lists and indices of weight files") {
  const TemporaryFolder folder;
  write_shards(folder);
  const auto error = [&](const std::string& weights) {
    return error_of([&] { read_text(folder, sharded(weights)); }, folder.path());
  };
  CHECK(error(R"(["parts/a.safetensors", "parts/a.safetensors", "parts/b.safetensors"])") ==
        "parts/a.safetensors: tensor 'p': it has a value already: from a node, from \"tensors\" or from another weight "
        "file");
  CHECK(error("7") ==
        "m.json: line 1, column 61: expected the name of a weight file, of an index, or a list of names, found 7");
  CHECK(error("[7]") == "m.json: line 1, column 62: expected a string, found 7");
  CHECK(error(R"(["parts/a.safetensors"])") ==
        "m.json: node 'n': nothing produces its input 'q': no node, no input of the network, no constant");
  const auto index = [&](const std::string& text) {
    write_file(folder / "i.json", text);
    return error("\"i.json\"");
  };
  CHECK(index("{}") == "i.json: line 1, column 1: the key \"weight_map\" is missing");
  CHECK(index(R"({"weight_map": {"p": 3}})") == "i.json: line 1, column 22: expected a string, found 3");
  CHECK(index(R"({"weight_map": {"r": "parts/a.safetensors"}})") ==
        "i.json: line 1, column 22: tensor 'r' is not in 'parts/a.safetensors', where the index says it is");
  CHECK(index(R"({"weight_map": {"p": "none.safetensors"}})") == "none.safetensors: there is no such file");
}

TEST_CASE("A large model reads its weight files beside its nodes, and tells the same mistakes") {
  const TemporaryFolder folder;
  write_shards(folder);
  const auto large = [](const std::string& weights) {
    return replaced(sharded(weights), "{", "{\"mine\": \"" + std::string(std::size_t{1} << 20U, 'x') + "\", ");
  };
  const auto error = [&](const std::string& text) { return error_of([&] { read_text(folder, text); }, folder.path()); };
  const std::string both = R"(["parts/a.safetensors", "parts/b.safetensors"])";
  const Model model = read_text(folder, large(both));
  CHECK(values_of(model.network, "p") == std::vector<double>{1, 2});
  CHECK(values_of(model.network, "q") == std::vector<double>{3, 4});
  const std::string none = R"(["parts/a.safetensors", "parts/none", "parts/neither"])";
  CHECK(error(large(none)) == error(sharded(none)));
  CHECK(error(large(none)) == "parts/none: there is no such file");
  // What is wrong in the model itself comes first.
  CHECK(error(replaced(large(none), "\"nodes\"", "\"nods\"")).find("the key \"nodes\" is missing") !=
        std::string::npos);
}

// Files that are broken, or made to break us: an error or a model, never a crash, a hang or a look outside the folder.
#include <sys/stat.h>

#include <random>

#include "graph/base/error.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// Writes a file anew. (Writing over one makes ext4 flush it, which takes milliseconds.)
void write_anew(const std::filesystem::path& path, const std::string& content) {
  std::filesystem::remove(path);
  write_file(path, content);
}

// Reads the model in the folder; true where it is one. Errors must name a file.
bool readable(const TemporaryFolder& folder) {
  try {
    const Model model = read_model(folder / "m.json");
    write_model(model, {}, folder / "out.json", true);
    return true;
  } catch (const Error& error) {
    REQUIRE_FALSE(error.file.empty());
    REQUIRE_FALSE(error.message.empty());
    return false;
  }
}

std::string nested_text() {
  return model_text(
      R"("inputs": [{"name": "x", "dtype": "float16", "shape": [1, "c", -1]}], "outputs": [{"name": "y"}], "weights": "w.safetensors",
"tensors": {"b": {"dtype": "bfloat16", "shape": [2], "data": [0.5, "-inf"]}},
"nodes": [{"name": "n\u00e9\"", "op": "com.x::Op", "inputs": ["x", "w", "b", ""], "outputs": ["t"], "attributes": {"a": 1, "f": [1.5, 2],
 "s": ["p"], "t": {"tensor": {"dtype": "int8", "shape": [1], "data": [-3]}}, "g": {"graph": {"nodes": [{"inputs": ["x"], "outputs": ["q"]}]}}}},
 {"graph": {"nodes": [{"op": "Relu", "inputs": ["i"], "outputs": ["o"]}], "inputs": ["i"], "outputs": ["o"]}, "op": "Graph", "name": "g",
 "inputs": ["t"], "outputs": ["y"]}], "shapes": {"t": [1, 2]}, "calibration": {"g/i": {"min": [0], "max": [1e3], "axis": 0}}, "x": [null, true])");
}

}  // namespace

TEST_CASE("A model that ends anywhere is an error") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const std::string text = nested_text();
  write_file(folder / "m.json", text);
  REQUIRE(readable(folder));
  for (std::size_t length = 0; length + 2 < text.size(); ++length) {
    write_anew(folder / "m.json", text.substr(0, length));
    INFO(length);
    REQUIRE_FALSE(readable(folder));
  }
}

TEST_CASE("A weight file that ends anywhere is an error") {
  const TemporaryFolder folder;
  const std::string weights = conv_weights();
  write_file(folder / "m.json", conv_model());
  for (std::size_t length = 0; length < weights.size(); ++length) {
    write_anew(folder / "w.safetensors", weights.substr(0, length));
    INFO(length);
    REQUIRE_FALSE(readable(folder));
  }
}

TEST_CASE("A model with any bytes changed is an error or a model") {
  const TemporaryFolder folder;
  write_file(folder / "w.safetensors", conv_weights());
  const std::string text = nested_text();
  constexpr std::string_view kBytes = "{}[]\",:0-9.eE tfn\\u\n\x01\xff";
  std::mt19937 random(11);
  int models = 0, errors = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string changed = text;
    for (int i = 0; i <= round % 3; ++i) {
      const std::size_t at = random() % changed.size();
      switch (random() % 4) {
        case 0:
          changed[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          changed.erase(at, 1 + random() % 3);
          break;
        case 2:
          changed.insert(at, 1, kBytes[random() % kBytes.size()]);
          break;
        default:
          changed.insert(at, changed.substr(random() % changed.size(), 1 + random() % 40));
          break;
      }
    }
    write_anew(folder / "m.json", changed);
    (readable(folder) ? models : errors) += 1;
  }
  CHECK(models > 100);
  CHECK(errors > 1000);
}

TEST_CASE("A weight file with any bytes changed is an error or a weight file") {
  const TemporaryFolder folder;
  const std::string weights = conv_weights();
  write_file(folder / "m.json", conv_model());
  std::mt19937 random(12);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = weights;
    for (int i = 0; i <= round % 3; ++i) changed[random() % changed.size()] = static_cast<char>(random());
    write_anew(folder / "w.safetensors", changed);
    readable(folder);
  }
}

TEST_CASE("Weight files lie in the model's folder or below") {
  const TemporaryFolder folder;
  namespace fs = std::filesystem;
  fs::create_directories(folder / "model/sub");
  fs::create_directories(folder / "model2");
  write_file(folder / "w.safetensors", conv_weights());
  write_file(folder / "model2/w.safetensors", conv_weights());
  write_file(folder / "model/sub/w.safetensors", conv_weights());
  fs::create_symlink("../w.safetensors", folder / "model/out.safetensors");
  fs::create_symlink("..", folder / "model/up");
  fs::create_symlink("../model2", folder / "model/beside");
  fs::create_symlink("sub/w.safetensors", folder / "model/in.safetensors");
  fs::create_symlink("loop", folder / "model/loop");
  REQUIRE(mkfifo((folder / "model/pipe").c_str(), 0600) == 0);
  const auto read = [&](const std::string& weights) {
    write_file(folder / "model/m.json", replaced(conv_model(), "\"w.safetensors\"", weights));
    return error_of([&] { read_model(folder / "model/m.json"); }, folder.path());
  };
  const std::string rule = ": files of a model lie in its folder or below";
  CHECK(read("\"sub/w.safetensors\"") == "no error");
  CHECK(read("\"in.safetensors\"") == "no error");
  CHECK(read("\"./sub/./w.safetensors\"") == "no error");
  CHECK(read("\"../w.safetensors\"") == "model/m.json: file '../w.safetensors': its path contains \"..\"" + rule);
  CHECK(read("\"sub/../sub/w.safetensors\"") ==
        "model/m.json: file 'sub/../sub/w.safetensors': its path contains \"..\"" + rule);
  CHECK(read("\"/etc/passwd\"") == "model/m.json: file '/etc/passwd': its path is absolute" + rule);
  CHECK(read("\"out.safetensors\"") ==
        "model/m.json: file 'out.safetensors': a link leads out of the model's folder" + rule);
  CHECK(read("\"up/w.safetensors\"") ==
        "model/m.json: file 'up/w.safetensors': a link leads out of the model's folder" + rule);
  CHECK(read("\"beside/w.safetensors\"") ==
        "model/m.json: file 'beside/w.safetensors': a link leads out of the model's folder" + rule);
  CHECK(read("\"w\\u0000.safetensors\"") ==
        "model/m.json: file 'w\\u0000.safetensors': its path contains a null character" + rule);
  CHECK(read("\"\"") == "model/m.json: the name of a file is empty");
  CHECK(read("\"pipe\"") == "model/pipe: is not a regular file");
  CHECK(read("\"sub\"") == "model/sub: is a folder, expected a file");
  CHECK(read("\"none\"") == "model/none: there is no such file");
  CHECK(read("\"loop\"") == "model/loop: cannot open it: Too many levels of symbolic links");
  CHECK(read("[\"sub/w.safetensors\", \"../w.safetensors\"]").find("its path contains \"..\"") != std::string::npos);
  write_file(folder / "model/i.json", R"({"weight_map": {"w": "../w.safetensors"}})");
  CHECK(read("\"i.json\"") == "model/i.json: file '../w.safetensors': its path contains \"..\"" + rule);
}

TEST_CASE("A model file is a regular file") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "m.json").c_str(), 0600) == 0);
  CHECK(error_of([&] { read_model(folder / "m.json"); }, folder.path()) == "m.json: is not a regular file");
  std::filesystem::create_directory(folder / "d.json");
  CHECK(error_of([&] { read_model(folder / "d.json"); }, folder.path()) == "d.json: is a folder, expected a file");
}

TEST_CASE("A huge file of nothing is refused without reading it") {
  const TemporaryFolder folder;
  write_file(folder / "m.json", "{");
  std::filesystem::resize_file(folder / "m.json", std::uintmax_t{5} << 30U);
  CHECK(error_of([&] { read_model(folder / "m.json"); }, folder.path()) ==
        "m.json: is larger than 4 GB, the most that JSON may have here; large tensors belong into a weight file");
}

TEST_CASE("Many brackets, many keys and many nodes take time in proportion") {
  const TemporaryFolder folder;
  CHECK(error_of([&] { read_text(folder, model_text("\"inputs\": " + std::string(1000000, '['))); }) != "no error");
  CHECK(error_of([&] { read_text(folder, std::string(1000000, '{')); }) != "no error");
  std::string keys, attributes, nodes;
  for (int i = 0; i < 100000; ++i) {
    const std::string number = std::to_string(i);
    keys += ", \"k" + number + "\": {}";
    attributes += (i ? ", \"a" : "\"a") + number + "\": 1";
    nodes += R"({"op": "Relu", "inputs": ["t)" + number + R"("], "outputs": ["t)" + std::to_string(i + 1) + "\"]},";
  }
  const Model model =
      read_text(folder, model_text(R"("inputs": ["t0"], "outputs": ["t100000"], "nodes": [)" + nodes +
                                   R"({"op": "Relu", "inputs": ["t0"], "outputs": ["z"], "attributes": {)" +
                                   attributes + "}}]" + keys));
  CHECK(model.network.operators().size() == 100001);
  CHECK(model.network.op(100000).attributes.size() == 100000);
}

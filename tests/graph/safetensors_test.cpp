// Weight files: what a header may say, and what is written.
#include "graph/formats/weights/safetensors.hpp"

#include "graph/base/error.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/values/elements.hpp"
#include "tests/graph/files.hpp"
#include "tests/support/catch.hpp"

using namespace rw::graph;
using namespace rw::test;

namespace {

// The error of a file with this header and so many bytes of data.
std::string error(std::string_view header, std::size_t data) {
  const TemporaryFolder folder;
  write_file(folder / "w", safetensors_file(header, std::string(data, '\0')));
  return error_of([&] { read_safetensors(MappedFile::open(folder / "w")); }, folder.path());
}

std::string entry(std::string_view name, std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return "\"" + std::string(name) + R"(":{"dtype":")" + std::string(dtype) + R"(","shape":)" + std::string(shape) +
         R"(,"data_offsets":)" + std::string(offsets) + "}";
}

}  // namespace

TEST_CASE("Tensors are views of the file, in the order of the header") {
  const TemporaryFolder folder;
  const std::string header = "{" + entry("second", "F16", "[1,2]", "[8,12]") +
                             R"(, "__metadata__": {"format": "pt"}, )" + entry("first", "I32", "[2]", "[0,8]") + ", " +
                             entry("none", "F32", "[0,3]", "[8,8]") + ", " + entry("scalar", "BOOL", "[]", "[12,13]") +
                             "}   ";
  write_file(folder / "w", safetensors_file(header, bytes_of<std::int32_t>({7, -1}) +
                                                        bytes_of<std::uint16_t>({0x3C00, 0x4000}) + '\1'));
  const Safetensors file = read_safetensors(MappedFile::open(folder / "w"));
  REQUIRE(file.tensors.size() == 4);
  CHECK(file.metadata == R"({"format": "pt"})");
  CHECK(file.tensors[0].name == "second");
  CHECK(to_double(file.tensors[0].value) == std::vector<double>{1, 2});
  CHECK(to_string(file.tensors[0].value.shape) == "[1, 2]");
  CHECK(file.tensors[1].value.dtype == DType::int32);
  CHECK(to_double(file.tensors[1].value) == std::vector<double>{7, -1});
  CHECK(file.tensors[2].value.bytes.empty());
  CHECK(to_double(file.tensors[3].value) == std::vector<double>{1});
  CHECK(file.file->offset_of(file.tensors[1].value.bytes.data()) == 8 + header.size());
}

TEST_CASE("A file without tensors is one") { CHECK(error("{}", 0) == "no error"); }

TEST_CASE("What is no header") {
  const auto raw = [](const std::string& bytes) {
    const TemporaryFolder folder;
    write_file(folder / "w", bytes);
    return error_of([&] { read_safetensors(MappedFile::open(folder / "w")); }, folder.path());
  };
  CHECK(raw("") == "w: is not safetensors: it has 0 bytes, expected at least 8");
  CHECK(raw("1234567") == "w: is not safetensors: it has 7 bytes, expected at least 8");
  CHECK(raw(bytes_of<std::uint64_t>({3}) + "{}") ==
        "w: is not safetensors: its header of 3 bytes is longer than the file of 10");
  CHECK(raw(bytes_of<std::uint64_t>({UINT64_MAX}) + "{}") ==
        "w: is not safetensors: its header of 18446744073709551615 bytes is longer than the file of 10");
  CHECK(error("", 0) == "w: is empty, expected JSON");
  CHECK(error("[]", 0) == "w: line 1, column 9: expected an object, {...}, found a list");
  CHECK(error("{", 0).find("is not JSON") != std::string::npos);
  const TemporaryFolder folder;
  write_file(folder / "huge", bytes_of<std::uint64_t>({100'000'001}));
  std::filesystem::resize_file(folder / "huge", 200'000'000);  // a hole: takes no space
  CHECK(error_of([&] { read_safetensors(MappedFile::open(folder / "huge")); }, folder.path()) ==
        "huge: its header of 100000001 bytes is too long: at most 100000000 are read");
}

TEST_CASE("What a header may not say of a tensor") {
  const auto one = [](std::string_view dtype, std::string_view shape, std::string_view offsets, std::size_t data) {
    std::string text = error("{" + entry("w", dtype, shape, offsets) + "}", data);
    const std::string prefix = "w: tensor 'w', line 1, column ";
    REQUIRE(text.substr(0, prefix.size()) == prefix);
    return text.substr(text.find(": ", prefix.size()) + 2);
  };
  CHECK(one("F99", "[1]", "[0,4]", 4) == "its element type \"F99\" is not known here");
  CHECK(one("", "[1]", "[0,4]", 4) == "its element type \"\" is not known here");
  CHECK(one("F32", "[2]", "[0,4]", 4) == "it has 4 bytes, but float32 of shape [2] takes 8");
  CHECK(one("F32", "[-1]", "[0,4]", 4) == "a dimension is -1: a constant has dimensions of 0 and more");
  CHECK(one("F32", "[1.0]", "[0,4]", 4) == "expected an integer, found 1.0");
  CHECK(one("F32", "{}", "[0,4]", 4) == "expected a list of integers, found an object");
  CHECK(one("F32", "[4294967296,4294967296]", "[0,4]", 4) ==
        "its shape [4294967296, 4294967296] has more elements than can be counted");
  CHECK(one("F64", "[2305843009213693952]", "[0,4]", 4) ==
        "its shape [2305843009213693952] has more elements than can be counted");
  CHECK(one("F32", "[1]", "[0,8]", 4) == "its bytes 0 to 8 leave the file, which has 4 bytes of data");
  CHECK(one("F32", "[1]", "[9223372036854775807,9223372036854775807]", 4) ==
        "its bytes 9223372036854775807 to 9223372036854775807 leave the file, which has 4 bytes of data");
  CHECK(one("F32", "[1]", "[4,0]", 4) == "\"data_offsets\": expected [begin, end] with 0 <= begin <= end");
  CHECK(one("F32", "[1]", "[-4,0]", 4) == "\"data_offsets\": expected [begin, end] with 0 <= begin <= end");
  CHECK(one("F32", "[1]", "[4]", 4) == "\"data_offsets\": expected [begin, end] with 0 <= begin <= end");
  std::string many = "[1";
  for (int i = 0; i < 32; ++i) many += ",1";
  CHECK(one("F32", many + "]", "[0,4]", 4) == "a shape of 33 dimensions, at most 32 are possible");
  CHECK(error(R"({"w":{"shape":[1],"data_offsets":[0,4]}})", 4) ==
        "w: tensor 'w', line 1, column 14: the key \"dtype\" is missing");
  CHECK(error(R"({"w":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4) ==
        "w: tensor 'w', line 1, column 29: the key \"dtype\" stands here for the second time");
}

TEST_CASE("Every byte of the data belongs to one tensor") {
  const auto two = [](std::string_view a, std::string_view b, std::size_t data) {
    return error("{" + entry("a", "F32", "[1]", a) + "," + entry("b", "F32", "[1]", b) + "}", data);
  };
  CHECK(two("[0,4]", "[4,8]", 8) == "no error");
  CHECK(two("[4,8]", "[0,4]", 8) == "no error");
  CHECK(two("[0,4]", "[2,6]", 6) == "w: tensor 'b': it shares bytes with tensor 'a'");
  CHECK(two("[0,4]", "[0,4]", 4) == "w: tensor 'b': it shares bytes with tensor 'a'");
  CHECK(two("[0,4]", "[8,12]", 12) == "w: tensor 'b': the 4 bytes before it belong to no tensor");
  CHECK(two("[0,4]", "[4,8]", 9) == "w: its last 1 bytes belong to no tensor");
  CHECK(error("{" + entry("a", "F32", "[1]", "[0,4]") + "," + entry("a", "F32", "[1]", "[4,8]") + "}", 8) ==
        "w: line 1, column 63: the key \"a\" stands here for the second time");
}

TEST_CASE("A file comes out as it went in, with scaled tensors and copies") {
  const TemporaryFolder folder;
  const std::string header = "{\"__metadata__\":{\"k\":\"v\"}," + entry("b", "F32", "[2]", "[4,12]") + "," +
                             entry("a\\n", "F16", "[2]", "[0,4]") + "}";
  std::string padded = header;
  padded.resize((header.size() + 7) / 8 * 8, ' ');
  const std::string before =
      safetensors_file(padded, bytes_of<std::uint16_t>({0x3C00, 0x4000}) + bytes_of<float>({1, 2}));
  write_file(folder / "w", before);
  const Safetensors file = read_safetensors(MappedFile::open(folder / "w"));
  const auto write = [&](std::vector<TensorToStore> tensors) {
    Output output(std::span(&file.file, 1), false);
    const SafetensorsToWrite out = {&file, std::move(tensors), std::nullopt, [&](std::uint64_t size) -> OutputFile& {
                                      return output.add(folder / "out", size);
                                    }};
    write_safetensors(std::span(&out, 1));
    output.commit();
    return read_file(folder / "out");
  };
  const StoredTensor &b = file.tensors[0], &a = file.tensors[1];
  CHECK(write({{b.name, &b.value, nullptr}, {a.name, &a.value, nullptr}}) == before);

  const Edit twice = {{2}, {2}, {{AxisMask::of({0}), {2, 4}}}};
  const Edit wider = {{3, 2}, {3, 2}, {{AxisMask::of({0}), {1, 10, 100}}}};
  write({{b.name, &b.value, &twice}, {a.name, &a.value, &twice}, {"a@n", &a.value, &wider}});
  const Safetensors after = read_safetensors(MappedFile::open(folder / "out"));
  REQUIRE(after.tensors.size() == 3);
  CHECK(after.metadata == R"({"k":"v"})");
  CHECK(after.tensors[0].name == "b");
  CHECK(to_double(after.tensors[0].value) == std::vector<double>{2, 8});
  CHECK(after.tensors[1].name == "a\n");
  CHECK(to_double(after.tensors[1].value) == std::vector<double>{2, 8});
  CHECK(after.tensors[2].name == "a@n");
  CHECK(to_string(after.tensors[2].value.shape) == "[3, 2]");
  CHECK(to_double(after.tensors[2].value) == std::vector<double>{1, 2, 10, 20, 100, 200});
  // The data of the copy lies behind its original: floats stay at multiples of four, as they were.
  CHECK(*after.file->offset_of(after.tensors[0].value.bytes.data()) % 4 == 0);
  CHECK(*after.file->offset_of(after.tensors[2].value.bytes.data()) <
        *after.file->offset_of(after.tensors[0].value.bytes.data()));
}

TEST_CASE("A mark stands in the metadata, takes the place of another one, and goes without a trace") {
  for (const char* metadata : {"", R"("__metadata__":{"format":"pt"},)", R"("__metadata__":{ "a" : "b", "c":"d" },)"}) {
    const TemporaryFolder folder;
    std::string header = std::string("{") + metadata + entry("a", "F32", "[1]", "[0,4]") + "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    const std::string before = safetensors_file(header, bytes_of<float>({1}));
    write_file(folder / "0", before);
    const auto write = [&](int from, const std::string& mark) {
      const Safetensors file = read_safetensors(MappedFile::open(folder / std::to_string(from)));
      Output output(std::span(&file.file, 1), false);
      const SafetensorsToWrite out = {
          &file, {{file.tensors[0].name, &file.tensors[0].value}}, mark, [&](std::uint64_t size) -> OutputFile& {
            return output.add(folder / std::to_string(from + 1), size);
          }};
      write_safetensors(std::span(&out, 1));
      output.commit();
      return read_safetensors(MappedFile::open(folder / std::to_string(from + 1))).mark;
    };
    CHECK(write(0, "0123456789abcdef") == "0123456789abcdef");
    CHECK(write(1, "fedcba9876543210") == "fedcba9876543210");
    CHECK(write(2, "") == "");
    CHECK(read_file(folder / "3") == before);
  }
}

// .npy, .npz and .pb: every type, order and size, and what is wrong with files.
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <limits>

#include "graph/base/error.hpp"
#include "graph/values/small_float.hpp"
#include "runtime/data/arrays.hpp"
#include "tests/samples/inputs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"

using namespace rw::test;
using namespace rw;
using evaluator::float_array;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

template <typename T>
std::string swapped(const std::vector<T>& values) {
  std::string text = bytes_of(values);
  for (std::size_t i = 0; i < text.size(); i += sizeof(T)) std::reverse(text.begin() + i, text.begin() + i + sizeof(T));
  return text;
}

}  // namespace

TEST_CASE("A .npy of every element type becomes values of the input's type") {
  Fed fed({{"x", {-1, 3}}});
  const auto read = [&](const std::string& descr, const std::string& elements) -> Floats {
    return fed.batches({fed.save("a.npy", npy_text(descr, {1, 3}, elements))}).at(0).at("x").floats();
  };
  const Floats one = {1, -2, 100};
  CHECK(read("<f4", bytes_of(one)) == one);
  CHECK(read("<f8", bytes_of(std::vector<double>{1, -2, 100})) == one);
  CHECK(read("<f2", bytes_of(std::vector<std::uint16_t>{0x3C00, 0xC000, 0x5640})) == one);
  CHECK(read("|i1", bytes_of(std::vector<std::int8_t>{1, -2, 100})) == one);
  CHECK(read("<i2", bytes_of(std::vector<std::int16_t>{1, -2, 100})) == one);
  CHECK(read("<i4", bytes_of(std::vector<std::int32_t>{1, -2, 100})) == one);
  CHECK(read("<i8", bytes_of(Ints{1, -2, 100})) == one);
  const Floats two = {1, 0, 200};
  CHECK(read("|u1", bytes_of(std::vector<std::uint8_t>{1, 0, 200})) == two);
  CHECK(read("<u2", bytes_of(std::vector<std::uint16_t>{1, 0, 200})) == two);
  CHECK(read("<u4", bytes_of(std::vector<std::uint32_t>{1, 0, 200})) == two);
  CHECK(read("<u8", bytes_of(std::vector<std::uint64_t>{1, 0, 200})) == two);
  CHECK(read("|b1", std::string("\x01\x00\x01", 3)) == Floats{1, 0, 1});
  CHECK(read(">f4", swapped(one)) == one);
  CHECK(read(">i8", swapped(Ints{1, -2, 100})) == one);
  // Doubles are rounded once, to nearest.
  CHECK(read("<f8", bytes_of(std::vector<double>{0.1, 1 + 0x1p-25, 1 + 0x1.8p-24})) == Floats{0.1F, 1, 1 + 0x1p-23F});
}

TEST_CASE("What an input of 16 bits gets is what it can hold") {
  Fed fed({{"x", {-1, 2}, graph::DType::float16}});
  const auto batches = fed.batches({fed.save("a.npy", npy_text("<f4", {1, 2}, bytes_of(Floats{0.1F, 1 + 0x1p-11F})))});
  CHECK(batches.at(0).at("x").floats() == Floats{0x1.998p-4F, 1});
  CHECK(fed.error({fed.save("b.npy", npy_text("<f4", {1, 2}, bytes_of(Floats{1, 70000})))}) ==
        "b.npy: element [0, 1] is 70000, which is beyond float16");
}

TEST_CASE("Headers of versions 1 to 3 are read, and dims without blanks") {
  Fed fed({{"x", {-1, 2}}});
  for (const int version : {1, 2, 3})
    CHECK(fed.batches({fed.save("a.npy", npy_text("<f4", {2, 2}, bytes_of(Floats{1, 2, 3, 4}), false, version))})
              .at(0)
              .at("x")
              .floats() == Floats{1, 2, 3, 4});
}

TEST_CASE("Fortran order and C order of one array are the same samples, stored, packed or in a file") {
  // Element (i, j, k) is 100 i + 10 j + k.
  const Dims64 shape = {5, 3, 2};
  Floats rows, columns;
  for (int i = 0; i < 5; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 2; ++k) rows.push_back(static_cast<float>(100 * i + 10 * j + k));
  for (int k = 0; k < 2; ++k)
    for (int j = 0; j < 3; ++j)
      for (int i = 0; i < 5; ++i) columns.push_back(static_cast<float>(100 * i + 10 * j + k));
  Fed fed({{"x", {-1, 3, 2}}});
  const std::string npy = npy_text("<f4", shape, bytes_of(columns), true);
  for (const std::string& path :
       {fed.save("f.npy", npy), fed.save("stored.npz", zip_text({{"x.npy", npy, false}})),
        fed.save("packed.npz", zip_text({{"x.npy", npy, true}})),
        fed.save("c.npz", zip_text({{"x.npy", npy_text("<f4", shape, bytes_of(rows)), true}}, true))}) {
    data::Options options = fed.options({path});
    options.batch = 2;
    Floats all;
    for (const auto& batch : fed.batches(options)) {
      CHECK(batch.at("x").dim(0) <= 2);
      const Floats& part = batch.at("x").floats();
      all.insert(all.end(), part.begin(), part.end());
    }
    CHECK(all == rows);
  }
}

TEST_CASE("Batches of a packed array can be read in any order") {
  Floats values(4000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  Fed fed({{"x", {-1, 4}}});
  const auto data =
      fed.open({fed.save("a.npz", zip_text({{"arr_0.npy", npy_text("<f4", {1000, 4}, bytes_of(values))}}))});
  REQUIRE(data->batches() == 125);
  CHECK(data->samples() == 1000);
  for (const std::size_t batch : {7, 124, 0, 7, 8}) {
    const evaluator::Array array = data->read(batch).begin()->second;
    REQUIRE(array.shape() == evaluator::Dims{8, 4});
    CHECK(array.floats()[31] == static_cast<float>(batch * 32 + 31));
  }
}

TEST_CASE("A .npy of five gigabytes is read in pieces") {
  Fed fed({{"x", {-1, 1024}}});
  constexpr std::int64_t kSamples = 1310720;  // of 4 KiB
  const std::string head = npy_text("<f4", {kSamples, 1024}, "");
  const std::string path = fed.save("large.npy", head);
  REQUIRE(truncate(path.c_str(), static_cast<off_t>(head.size()) + kSamples * 4096) == 0);
  const int file = ::open(path.c_str(), O_WRONLY);
  const float last = 7;
  REQUIRE(pwrite(file, &last, 4, static_cast<off_t>(head.size()) + kSamples * 4096 - 4) == 4);
  ::close(file);
  const auto data = fed.open({path});
  CHECK(data->samples() == kSamples);
  const evaluator::Array first = data->read(0).begin()->second, end = data->read(data->batches() - 1).begin()->second;
  CHECK(first.shape() == evaluator::Dims{8, 1024});
  CHECK(first.floats()[0] == 0);
  CHECK(end.floats().back() == 7);
}

TEST_CASE("Wrong elements are told with their index") {
  Fed fed({{"x", {-1, 2}}});
  const auto error = [&](const std::string& descr, const std::string& elements) {
    return fed.error({fed.save("a.npy", npy_text(descr, {2, 2}, elements))});
  };
  CHECK(error("<f4", bytes_of(Floats{1, 2, std::nanf(""), 4})) == "a.npy: element [1, 0] is NaN");
  CHECK(error("<f4", bytes_of(Floats{1, -INFINITY, 3, 4})) == "a.npy: element [0, 1] is infinite");
  CHECK(error("<f8", bytes_of(std::vector<double>{1, 2, 3, 1e300})) ==
        "a.npy: element [1, 1] is 1e+300, which is beyond float32");
  Fed whole({{"n", {-1, 2}, graph::DType::uint8}});
  CHECK(whole.error({whole.save("a.npy", npy_text("<i8", {1, 2}, bytes_of(Ints{1, 256})))}) ==
        "a.npy: element [0, 1] is 256, which is beyond uint8");
  CHECK(whole.error(
            {whole.save("a.npy", npy_text("<u8", {1, 2}, bytes_of(std::vector<std::uint64_t>{1, UINT64_MAX})))}) ==
        "a.npy: element [0, 1] is 18446744073709551615, which is beyond uint8");
  CHECK(whole.error({whole.save("a.npy", npy_text("<f4", {1, 2}, bytes_of(Floats{1, 2})))}) ==
        "a.npy: it holds float32, and the input takes uint8");
  CHECK(whole.batches({whole.save("a.npy", npy_text("<i4", {1, 2}, bytes_of(std::vector<std::int32_t>{0, 255})))})
            .at(0)
            .at("n")
            .ints() == Ints{0, 255});
}

TEST_CASE("Files that are no .npy, or not all of one, are told so") {
  Fed fed({{"x", {-1, 2}}});
  const auto error = [&](const std::string& text) { return fed.error({fed.save("a.npy", text)}); };
  const std::string good = npy_text("<f4", {2, 2}, bytes_of(Floats{1, 2, 3, 4}));
  CHECK(error("") == "a.npy: it is no .npy file (it does not begin as one)");
  CHECK(error("PK\x03\x04") == "a.npy: it is no .npy file (it does not begin as one)");
  CHECK(error(good.substr(0, 8)) == "a.npy: it is truncated: the .npy header is cut off");
  CHECK(error(good.substr(0, 40)) == "a.npy: it is truncated: the .npy header is cut off");
  CHECK(error(good.substr(0, good.size() - 1)) ==
        "a.npy: it is truncated: float32 of shape [2, 2] takes 16 bytes, and 15 are there");
  CHECK(error(good + "x") == "a.npy: 1 bytes follow its elements");
  std::string version = good;
  version[6] = 9;
  CHECK(error(version) == "a.npy: it is a .npy of version 9, expected 1 to 3");
  CHECK(error(npy_text("|O", {2, 2}, "")) ==
        "a.npy: its element type is '|O', expected floats of 16, 32 or 64 bits, integers or booleans");
  CHECK(contains(error(npy_text("<c8", {2, 2}, "")), "its element type is '<c8'"));
  CHECK(contains(error(npy_text("<f4", {1 << 30, 1 << 30, 1 << 30}, "")), "more elements than there can be"));
  CHECK(contains(error(npy_text("<f4", {-1, 2}, "")), "a dimension of 'shape' is no whole number"));
  CHECK(error(npy_text("<f4", {0, 2}, "")) == "a.npy: it holds no values (shape [0, 2])");
  CHECK(error(npy_text("<f4", {1, 3}, bytes_of(Floats{1, 2, 3}))) ==
        "a.npy: its shape is [1, 3], and input 'x' takes [?, 2]");
}

TEST_CASE("Files that are no .npz, or not all of one, are told so") {
  Fed fed({{"x", {-1, 2}}});
  const auto error = [&](const std::string& text) { return fed.error({fed.save("a.npz", text)}); };
  const std::string npy = npy_text("<f4", {2, 2}, bytes_of(Floats{1, 2, 3, 4}));
  const std::string good = zip_text({{"x.npy", npy}});
  CHECK(fed.batches({fed.save("a.npz", good)}).at(0).at("x").floats() == Floats{1, 2, 3, 4});
  CHECK(contains(error(""), "it is too short"));
  CHECK(contains(error(good.substr(0, good.size() - 10)), "its directory is missing, as when it is truncated"));
  CHECK(contains(error(good.substr(20)), "a.npz: it is no whole .npz (ZIP) file"));
  CHECK(error(zip_text({})) == "a.npz: it holds no arrays");
  CHECK(contains(error(zip_text({{"x.npy", npy}, {"x.npy", npy}})), "member 'x.npy': it stands there twice"));
  CHECK(error(zip_text({{"x.npy", npy.substr(0, npy.size() - 3)}})) ==
        "a.npz: member 'x': it is truncated: float32 of shape [2, 2] takes 16 bytes, and 13 are there");
  CHECK(contains(error(zip_text({{"x.npy", "text"}})), "member 'x': it is no .npy file"));
  CHECK(error(zip_text({{"x.npy", npy}, {"y.npy", npy}})) == "a.npz: the network has no input 'y': its inputs are 'x'");
  for (const bool deflated : {false, true}) {
    std::string damaged = zip_text({{"x.npy", npy, deflated}});
    damaged[damaged.find("PK\x01\x02") - 6] ^= 4;  // of the elements
    CHECK(contains(error(damaged), "damaged"));
  }
  std::string encrypted = good;
  encrypted[encrypted.find("PK\x01\x02") + 8] = 1;
  CHECK(error(encrypted) == "a.npz: member 'x.npy': it is encrypted");
  std::string other = good;
  other[other.find("PK\x01\x02") + 10] = 12;
  CHECK(error(other) == "a.npz: member 'x.npy': it is packed by method 12, expected stored or deflated");
}

TEST_CASE("A packed member that claims more than it can hold takes no memory for it") {
  Fed fed({{"x", {-1, -1}}});
  const std::string npy = npy_text("<f4", {1 << 14, 1 << 14}, "");
  std::string file = zip_text({{"x.npy", npy}});
  const std::size_t entry = file.find("PK\x01\x02");
  const std::uint32_t size = (1U << 30U) + 128;
  std::memcpy(file.data() + entry + 24, &size, 4);
  CHECK(fed.error({fed.save("a.npz", file)}) == "a.npz: member 'x.npy': its sizes do not fit each other");
}

TEST_CASE("TensorProto files of every way to store elements") {
  Fed fed({{"x", {-1, 2}}, {"n", {-1}, graph::DType::int64}});
  const std::string x = fed.save("x.pb", onnx::floats("x", {2, 2}, {1, 2, 3, 4}));
  const std::string n = fed.save("n.pb", onnx::ints("n", {2}, {7, 8}));
  const auto batch = fed.batches({x, n}).at(0);
  CHECK(batch.at("x").floats() == Floats{1, 2, 3, 4});
  CHECK(batch.at("n").ints() == Ints{7, 8});
  CHECK(contains(fed.error({fed.save("y.pb", "\xff\xff"), n}), "y.pb: "));
  CHECK(contains(fed.error({fed.save("z.pb", onnx::floats("z", {2, 2}, {1, 2, 3, 4})), n}),
                 "z.pb: the network has no input 'z': its inputs are 'x', 'n'"));
}

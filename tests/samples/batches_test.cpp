// How samples are put into batches, and how files find their inputs.
#include <algorithm>
#include <numeric>

#include "graph/builder.hpp"
#include "runtime/data/random.hpp"
#include "tests/samples/inputs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"

using namespace rw::test;
using namespace rw;

namespace {

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

// Samples of one value: first, first + 1, ...
std::string counted(std::int64_t samples, float first = 0) {
  Floats values(static_cast<std::size_t>(samples));
  std::iota(values.begin(), values.end(), first);
  return npy_text("<f4", {samples, 1}, bytes_of(values));
}

std::vector<Floats> values_of(const Fed& fed, const data::Options& options, const std::string& input = "x") {
  std::vector<Floats> all;
  for (const auto& batch : fed.batches(options)) all.push_back(batch.at(input).floats());
  return all;
}

}  // namespace

TEST_CASE("Where the first dimension is free, batches are bounded and the last one is what is left") {
  Fed fed({{"x", {-1, 1}}});
  data::Options options = fed.options({fed.save("a.npy", counted(5))});
  options.batch = 2;
  CHECK(values_of(fed, options) == std::vector<Floats>{{0, 1}, {2, 3}, {4}});
  CHECK(fed.open(options)->samples() == 5);
}

TEST_CASE("Where the model fixes the first dimension, every batch has it, and a rest is an error") {
  Fed fed({{"x", {2, 1}}});
  CHECK(values_of(fed, fed.options({fed.save("a.npy", counted(4))})) == std::vector<Floats>{{0, 1}, {2, 3}});
  CHECK(fed.error({fed.save("a.npy", counted(5))}) ==
        "input 'x': there are 5 samples, and the model takes 2 at a time: 1 left over; give a multiple of 2");
  CHECK(fed.error({fed.save("a.npy", counted(1))}) ==
        "input 'x': there is 1 sample, and the model takes 2 at a time: 1 left over; give a multiple of 2");
}

TEST_CASE("A file with one axis less is one sample") {
  Fed fed({{"x", {-1, 3}}});
  const std::string a = fed.save("d/a.npy", npy_text("<f4", {3}, bytes_of(Floats{1, 2, 3})));
  fed.save("d/b.npy", npy_text("<f4", {3}, bytes_of(Floats{4, 5, 6})));
  CHECK(values_of(fed, fed.options({fed.folder() + "/d"})) == std::vector<Floats>{{1, 2, 3, 4, 5, 6}});
}

TEST_CASE("Samples of another shape begin another batch") {
  Fed fed({{"x", {-1, -1}}, {"y", {-1, 1}}});
  fed.save("d/1.npy", npy_text("<f4", {1, 2}, bytes_of(Floats{1, 2})));
  fed.save("d/2.npy", npy_text("<f4", {2, 3}, bytes_of(Floats{3, 4, 5, 6, 7, 8})));
  const std::string y = fed.save("y.npy", counted(3));
  const auto batches = fed.batches({"x=" + fed.folder() + "/d", "y=" + y});
  REQUIRE(batches.size() == 2);
  CHECK(batches[0].at("x").shape() == evaluator::Dims{1, 2});
  CHECK(batches[1].at("x").shape() == evaluator::Dims{2, 3});
  CHECK(batches[0].at("y").floats() == Floats{0});
  CHECK(batches[1].at("y").floats() == Floats{1, 2});
  Fed fixed({{"x", {3, -1}}});
  for (const std::string name : {"1.npy", "2.npy"}) fixed.save("d/" + name, read_file(fed.folder() + "/d/" + name));
  CHECK(fixed.error({fixed.folder() + "/d"}) ==
        "input 'x': sample 1 has another shape than the one before, in one batch of 3");
}

TEST_CASE("Several inputs get their data by name, by the names of files and of members") {
  Fed fed({{"image", {-1, 1}}, {"mask", {-1, 1}}});
  const std::string a = fed.save("a.npy", counted(2)), b = fed.save("b.npy", counted(2, 10));
  const std::vector<Floats> images = {{0, 1}}, masks = {{10, 11}};
  const std::string npz = fed.save("both.npz", zip_text({{"mask.npy", counted(2, 10)}, {"image.npy", counted(2)}}));
  const std::string numbered =
      fed.save("numbered.npz", zip_text({{"arr_0.npy", counted(2)}, {"arr_1.npy", counted(2, 10)}}));
  fed.save("d/image.npy", counted(2));
  fed.save("d/mask.npy", counted(2, 10));
  fed.save("t/input_0.pb", onnx::floats("", {2, 1}, {0, 1}));
  fed.save("t/input_1.pb", onnx::floats("", {2, 1}, {10, 11}));
  fed.save("t/output_0.pb", onnx::floats("image'", {2, 1}, {0, 1}));
  for (const std::vector<std::string>& words : {std::vector{"image=" + a, "mask=" + b},
                                                {"mask=" + b, "image=" + a},
                                                {npz},
                                                {numbered},
                                                {fed.folder() + "/d"},
                                                {fed.folder() + "/t"}}) {
    INFO(words[0]);
    CHECK(values_of(fed, fed.options(words), "image") == images);
    CHECK(values_of(fed, fed.options(words), "mask") == masks);
  }
  CHECK(fed.error({a}) ==
        "a.npy: the network has several inputs ('image', 'mask'): say which it is for, as in image=a.npy");
  CHECK(fed.error({"image=" + a}) == "input 'mask': there is no data for it: give mask=FILE");
  CHECK(fed.error({"imag=" + a, "mask=" + b}) == "a.npy: the network has no input 'imag': did you mean 'image'?");
  CHECK(fed.error({"image=" + a, "mask=" + fed.save("c.npy", counted(3))}) ==
        "input 'mask': there are 3 samples for it, and 2 for input 'image': as many are wanted");
}

TEST_CASE("Files of a folder follow one another in the order of their paths, and others are counted") {
  Fed fed({{"x", {-1, 1}}});
  fed.save("d/b/1.npy", counted(1, 3));
  fed.save("d/a.npy", counted(1, 1));
  fed.save("d/b/0.npy", counted(1, 2));
  fed.save("d/README", "text");
  CHECK(values_of(fed, fed.options({fed.folder() + "/d"})) == std::vector<Floats>{{1, 2, 3}});
  const auto data = fed.open({fed.folder() + "/d"});
  CHECK(data->notes() == std::vector<std::string>{"1 file was passed over in folders"});
  CHECK(data->files().size() == 3);
}

TEST_CASE("What is no data is told so") {
  Fed fed({{"x", {-1, 1}}});
  std::filesystem::create_directories(fed.folder() + "/empty");
  CHECK(fed.error({fed.folder() + "/empty"}) == "empty: the folder is empty: expected files of samples in it");
  fed.save("text/a.txt", "1 2 3");
  CHECK(contains(fed.error({fed.folder() + "/text"}),
                 "no file in the folder ends in .npy, .npz, .pb, .png, .jpg or .jpeg"));
  CHECK(fed.error({fed.save("a.txt", "")}) ==
        "a.txt: the kind of data goes by its ending: expected .npy, .npz, .pb, .png, .jpg or .jpeg, or a folder");
  CHECK(fed.error({"none.npy"}) == "none.npy: there is no such file or folder");
  CHECK(fed.error({"x=none.npy"}) == "none.npy: there is no such file or folder");
  CHECK(fed.error(std::vector<std::string>{}) == "there is no data: give files, or --random N");
}

TEST_CASE("A value without axes goes into every batch") {
  Fed fed({{"x", {-1, 1}}, {"t", {}}});
  data::Options options = fed.options(
      {"x=" + fed.save("a.npy", counted(3)), "t=" + fed.save("t.npy", npy_text("<f4", {}, bytes_of(Floats{9})))});
  options.batch = 2;
  CHECK(values_of(fed, options) == std::vector<Floats>{{0, 1}, {2}});
  CHECK(values_of(fed, options, "t") == std::vector<Floats>{{9}, {9}});
}

TEST_CASE("Samples that are drawn do not depend on the batches, and differ from seed to seed") {
  Fed fed({{"x", {-1, 1000}}, {"n", {-1, 50}, graph::DType::int64}});
  const auto draw = [&](std::size_t batch, std::uint64_t seed) {
    data::Options options{.random = 6, .seed = seed, .batch = batch};
    Floats floats;
    Ints ints;
    for (const auto& each : fed.batches(options)) {
      floats.insert(floats.end(), each.at("x").floats().begin(), each.at("x").floats().end());
      ints.insert(ints.end(), each.at("n").ints().begin(), each.at("n").ints().end());
    }
    return std::pair(floats, ints);
  };
  const auto [floats, ints] = draw(2, 1);
  REQUIRE(floats.size() == 6000);
  CHECK(draw(2, 1) == std::pair(floats, ints));
  CHECK(draw(5, 1) == std::pair(floats, ints));
  CHECK(draw(2, 2).first != floats);
  double sum = 0, squares = 0;
  for (const float each : floats) sum += each, squares += each * each;
  CHECK(std::abs(sum / 6000) < 0.06);  // five deviations of the mean
  CHECK(std::abs(squares / 6000 - 1) < 0.1);
  const auto ones = std::count(ints.begin(), ints.end(), 1);
  CHECK(std::count(ints.begin(), ints.end(), 0) + ones == 300);
  CHECK((ones > 100 && ones < 200));
  CHECK(fed.open(data::Options{.random = 6})->random());
}

TEST_CASE("Integers that index get positions that there are, also behind operators that move or convert them") {
  graph::NetworkBuilder builder;
  const auto list = [&](std::vector<std::int64_t> dims) {
    return builder.arena().store(std::span<const std::int64_t>(dims));
  };
  const auto input = [&](const char* name, graph::DType type) {
    const graph::TensorId id = builder.tensor(name);
    builder.describe(id, type, graph::Shape(list({-1, 4})));
    builder.input(id);
    return id;
  };
  const auto node = [&](const char* type, std::vector<graph::TensorId> from, const char* to,
                        std::span<const graph::Attribute> attributes = {}) {
    const graph::TensorId out = builder.tensor(to);
    builder.add(type, "", from, std::span(&out, 1), attributes);
    return out;
  };
  const graph::TensorId ids = input("ids", graph::DType::int32), mask = input("mask", graph::DType::int64);
  const graph::TensorId table = builder.tensor("table"), small = builder.tensor("small");
  builder.describe(table, graph::DType::float32, graph::Shape(list({30, 8})));
  builder.describe(small, graph::DType::float32, graph::Shape(list({50, 7})));
  builder.input(table);
  builder.input(small);
  const std::span<const graph::Attribute> axis =
      builder.arena().store(std::span<const graph::Attribute>(std::array{graph::Attribute{"axis", std::int64_t{1}}}));
  builder.output(node("Gather", {table, node("Cast", {node("Unsqueeze", {ids}, "u")}, "c")}, "a"));
  builder.output(node("Gather", {small, ids}, "b", axis));
  builder.output(node("Identity", {mask}, "m"));
  const graph::Network network = builder.finish();
  CHECK(data::index_bound(network, ids) == 7);  // the smaller of 30 and 7
  CHECK_FALSE(data::index_bound(network, mask));
  const auto data = data::open(network, {.random = 200});
  std::vector<bool> seen(7);
  for (std::size_t i = 0; i < data->batches(); ++i) {
    const data::Batch batch = data->read(i);
    for (const std::int64_t each : batch.at(ids).ints()) {
      REQUIRE((each >= 0 && each < 7));
      seen[static_cast<std::size_t>(each)] = true;
    }
    for (const std::int64_t each : batch.at(mask).ints()) CHECK((each == 0 || each == 1));
  }
  CHECK(std::count(seen.begin(), seen.end(), true) == 7);
}

// Images: decoded, resized, normalized; and what is wrong with them.
#include <cmath>

#include "runtime/data/decode.hpp"
#include "runtime/data/resize.hpp"
#include "tests/samples/inputs.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/onnx_file.hpp"

using namespace rw::test;
using namespace rw;

namespace {

using Pixels = std::vector<std::uint8_t>;
using Floats = std::vector<float>;

const Pixels kFour = {255, 0, 0, 0, 255, 0, 0, 0, 255, 51, 102, 204};  // red, green, blue, another

Floats one(const Fed& fed, const data::Options& options) { return fed.batches(options).at(0).at("x").floats(); }

void check_near(const Floats& is, const Floats& expected) {
  REQUIRE(is.size() == expected.size());
  for (std::size_t i = 0; i < is.size(); ++i) CHECK(std::fabs(is[i] - expected[i]) < 1e-5F);
}

}  // namespace

TEST_CASE("Pixels come by layout and order of colours, less the mean, over the deviation") {
  Fed fed({{"x", {-1, 3, 2, 2}}});
  data::Options options = fed.options({fed.save("a.png", png_text(2, 2, kFour))});
  options.images.mean = {0};
  options.images.std = {1};
  check_near(one(fed, options), {1, 0, 0, 0.2F, 0, 1, 0, 0.4F, 0, 0, 1, 0.8F});
  options.images.bgr = true;
  check_near(one(fed, options), {0, 0, 1, 0.8F, 0, 1, 0, 0.4F, 1, 0, 0, 0.2F});
  options.images.bgr = false;
  options.images.mean = {0.5, 0, 0.25};
  options.images.std = {0.5, 1, 0.25};
  check_near(one(fed, options), {1, -1, -1, -0.6F, 0, 1, 0, 0.4F, -1, -1, 3, 2.2F});
  Fed last({{"x", {-1, 2, 2, 3}}});
  options = last.options({last.save("a.png", png_text(2, 2, kFour))});
  options.images.mean = {0};
  options.images.std = {1};
  check_near(one(last, options), {1, 0, 0, 0, 1, 0, 0, 0, 1, 0.2F, 0.4F, 0.8F});
  Fed gray({{"x", {-1, 1, 2, 2}}});
  check_near(one(gray, gray.options({gray.save("a.png", png_text(2, 2, kFour))})),
             {0.299F, 0.587F, 0.114F, 0.299F * 0.2F + 0.587F * 0.4F + 0.114F * 0.8F});
  Fed whole({{"x", {-1, 2, 2, 3}, graph::DType::uint8}});
  CHECK(whole.batches({whole.save("a.png", png_text(2, 2, kFour))}).at(0).at("x").ints() ==
        std::vector<std::int64_t>(kFour.begin(), kFour.end()));
}

TEST_CASE("The defaults are those of ImageNet, and are said") {
  Fed fed({{"x", {-1, 3, 2, 2}}});
  const auto data = fed.open({fed.save("a.png", png_text(2, 2, kFour))});
  CHECK(data->notes() == std::vector<std::string>{"images: 2 x 2, nchw, rgb (default), 0 to 1, mean 0.485,0.456,0.406 "
                                                  "(default), std 0.229,0.224,0.225 (default)"});
  const Floats values = data->read(0).begin()->second.floats();
  CHECK(std::fabs(values[0] - (1 - 0.485F) / 0.229F) < 1e-5F);
  Fed free({{"x", {-1, -1, -1, -1}}});
  CHECK(contains(free.open({free.save("a.png", png_text(2, 2, kFour))})->notes().at(0),
                 "images: 224 x 224 (default), nchw (default), rgb (default), 0 to 1"));
  CHECK(free.batches({free.save("a.png", png_text(2, 2, kFour))}).at(0).at("x").shape() ==
        evaluator::Dims{1, 3, 224, 224});
}

TEST_CASE("A JPEG is the picture that was packed, as near as JPEG comes") {
  Pixels smooth;
  for (unsigned y = 0; y < 16; ++y)
    for (unsigned x = 0; x < 16; ++x)
      for (const unsigned c : {x * 10, y * 10, 100U}) smooth.push_back(static_cast<std::uint8_t>(c));
  const data::Picture picture = data::decode_jpeg(jpeg_text(16, 16, smooth));
  REQUIRE(picture.rgb.size() == smooth.size());
  for (std::size_t i = 0; i < smooth.size(); ++i) CHECK(std::abs(picture.rgb[i] - smooth[i]) <= 4);
}

TEST_CASE("Resizing keeps a picture of one colour, averages when it shrinks and is still where nothing changes") {
  const data::Picture plain{3, 5, Pixels(45, 77)};
  for (const float each : data::resized(plain, 4, 9)) CHECK(std::fabs(each - 77) < 1e-3F);
  data::Picture ramp{4, 4, {}};
  for (int i = 0; i < 48; ++i) ramp.rgb.push_back(static_cast<std::uint8_t>(i));
  const Floats same = data::resized(ramp, 4, 4);
  CHECK(same == Floats(ramp.rgb.begin(), ramp.rgb.end()));
  // Halved: a triangle two old pixels wide on each side, weights 1 3 3 1 over 8, cut off at the border.
  const Floats half = data::resized({1, 4, {0, 0, 0, 70, 70, 70, 140, 140, 140, 210, 210, 210}}, 1, 2);
  check_near(half, {(3 * 0 + 3 * 70 + 140) / 7.0F, 50, 50, (70 + 3 * 140 + 3 * 210) / 7.0F, 160, 160});
}

TEST_CASE("A folder of images, in batches") {
  Fed fed({{"x", {-1, 3, 2, 2}}});
  for (int i = 0; i < 5; ++i)
    fed.save("d/" + std::to_string(i) + (i % 2 ? ".PNG" : ".png"),
             png_text(3, 1, Pixels(9, static_cast<std::uint8_t>(i))));
  data::Options options = fed.options({fed.folder() + "/d"});
  options.batch = 2;
  options.images.mean = {0};
  options.images.std = {1};
  const auto batches = fed.batches(options);
  REQUIRE(batches.size() == 3);
  CHECK(batches[2].at("x").shape() == evaluator::Dims{1, 3, 2, 2});
  CHECK(std::fabs(batches[1].at("x").floats()[12] - 3 / 255.0F) < 1e-6F);
}

TEST_CASE("Images that cannot be decoded are told so, and none of them takes memory for what it claims") {
  Fed fed({{"x", {-1, 3, 2, 2}}});
  const std::string png = png_text(8, 8, Pixels(192, 5)), jpeg = jpeg_text(8, 8, Pixels(192, 5));
  const auto error = [&](const std::string& name, const std::string& text) {
    return fed.error({fed.save(name, text)});
  };
  for (const std::size_t cut : {std::size_t{0}, std::size_t{4}, std::size_t{20}, png.size() - 20, png.size() - 1})
    CHECK(contains(error("a.png", png.substr(0, cut)), "a.png: the PNG cannot be decoded: "));
  CHECK(contains(error("a.png", png.substr(0, png.size() - 20)), "it is truncated"));
  CHECK(contains(error("a.png", jpeg), "a.png: the PNG cannot be decoded: Not a PNG file"));
  for (const std::size_t cut : {std::size_t{0}, std::size_t{4}, jpeg.size() / 2, jpeg.size() - 20})
    CHECK(contains(error("a.jpg", jpeg.substr(0, cut)), "a.jpg: the JPEG cannot be decoded: "));
  CHECK(contains(error("a.jpeg", png), "a.jpeg: the JPEG cannot be decoded: Not a JPEG file"));
  CHECK(contains(error("a.png", png_text(20000, 1, Pixels(60000, 5))), "a.png: the PNG cannot be decoded: "));
  std::string large = png_text(1, 1, Pixels(3, 5));
  large = png_head(16000, 16000) + large.substr(png_head(1, 1).size());
  CHECK(contains(error("a.png", large), "it has too many pixels"));
}

TEST_CASE("Options that do not go with the input are told so") {
  Fed fed({{"x", {-1, 3, 8, 8}}});
  const std::string png = fed.save("a.png", png_text(2, 2, kFour));
  data::Options options = fed.options({png});
  options.images.size = {4, 4};
  CHECK(fed.error(options) == "a.png: input 'x': --size says 4, and it takes [?, 3, 8, 8]: take --size out");
  options.images.size = {8, 4};
  CHECK(fed.error(options) == "a.png: input 'x': --size says 8x4, and it takes [?, 3, 8, 8]: take --size out");
  options.images.size = {8, 8};
  options.images.mean = {1, 2};
  CHECK(fed.error(options) == "a.png: input 'x': --mean has 2 numbers, and the images have 3 channels");
  options.images.mean = {};
  options.images.layout = data::Layout::nhwc;
  CHECK(
      contains(fed.error(options), "input 'x': it takes [?, 3, 8, 8] with 8 channels as nhwc, and images have 1 or 3"));
  Fed gray({{"x", {-1, 1, 8, 8}}});
  data::Options two = gray.options({gray.save("a.png", png_text(2, 2, kFour))});
  two.images.mean = {1, 2};
  CHECK(gray.error(two) == "a.png: input 'x': --mean has 2 numbers, and the images have 1 channel");
  Fed flat({{"x", {-1, 64}}});
  CHECK(contains(flat.error({png}), "it takes [?, 64], and images are of four dimensions"));
}

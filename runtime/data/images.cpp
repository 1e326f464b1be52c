#include "runtime/data/images.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "graph/base/error.hpp"
#include "graph/base/mapped_file.hpp"
#include "graph/base/printable.hpp"
#include "runtime/data/decode.hpp"
#include "runtime/data/resize.hpp"

namespace rw::data {
namespace {

using graph::Error;

struct Kind {
  std::string_view ending;
  Picture (*decode)(std::string_view file);
};
constexpr std::array<Kind, 3> kKinds = {{{".png", decode_png}, {".jpg", decode_jpeg}, {".jpeg", decode_jpeg}}};

const Kind* format_of(std::string_view name) {
  for (const Kind& each : kKinds)
    if (name.size() >= each.ending.size() &&
        std::equal(each.ending.begin(), each.ending.end(), name.end() - static_cast<std::ptrdiff_t>(each.ending.size()),
                   [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); }))
      return &each;
  return nullptr;
}

// A number for each channel from what an option says, or from the defaults.
std::vector<float> by_channel(const std::vector<double>& given, std::vector<double> otherwise, std::int64_t channels,
                              std::string_view option) {
  std::vector<double> numbers = given.empty() ? std::move(otherwise) : given;
  if (numbers.size() == 1) numbers.resize(static_cast<std::size_t>(channels), numbers[0]);
  if (numbers.size() != static_cast<std::size_t>(channels))
    throw Error("", "",
                fmt::format("{} has {} numbers, and the images have {}", option, numbers.size(),
                            graph::plural(static_cast<std::size_t>(channels), "channel")));
  return {numbers.begin(), numbers.end()};
}

// The images of a batch: [N, C, H, W] or [N, H, W, C]. Dimensions below 0 are not known.
struct Dims4 {
  std::int64_t channels, height, width;
};

std::array<std::int64_t, 4> dims_of(const graph::Tensor& tensor) {
  std::array<std::int64_t, 4> dims = {-1, -1, -1, -1};
  if (!tensor.shape.known() || tensor.shape.any_front()) return dims;
  if (tensor.shape.rank() != 4)
    throw Error("", "", fmt::format("it takes {}, and images are of four dimensions", to_string(tensor.shape)));
  for (int axis = 0; axis < 4; ++axis) dims[static_cast<std::size_t>(axis)] = tensor.shape[axis];
  return dims;
}

// As it is given: "224", or "240x320".
std::string size_text(const std::array<std::int64_t, 2>& size) {
  return size[0] == size[1] ? fmt::format("{}", size[0]) : fmt::format("{}x{}", size[0], size[1]);
}

// Of a channel dimension: images have so many.
bool colours(std::int64_t dim) { return dim == 1 || dim == 3; }

// `dims`: what the input says; what neither it nor an option does is a default.
std::string words(const ImagePlan& plan, const ImageOptions& options, std::span<const std::int64_t> dims) {
  const auto said = [](bool given) { return given ? "" : " (default)"; };
  const bool size = options.size[0] > 0 || dims[plan.nhwc ? 1 : 2] >= 0;
  const bool layout = options.layout != Layout::unsaid || colours(dims[1]) || colours(dims[3]);
  std::string text = fmt::format("images: {} x {}{}, {}{}", plan.height, plan.width, said(size),
                                 plan.nhwc ? "nhwc" : "nchw", said(layout));
  if (plan.channels == 3) text += plan.bgr ? ", bgr" : fmt::format(", rgb{}", said(options.rgb));
  if (plan.channels == 1) text += ", brightness";
  if (plan.whole) return text + ", 0 to 255";
  return text + fmt::format(", 0 to 1, mean {}{}, std {}{}", fmt::join(plan.mean, ","), said(!options.mean.empty()),
                            fmt::join(plan.std, ","), said(!options.std.empty()));
}

class ImageSegment : public Segment {
 public:
  ImageSegment(std::filesystem::path path, std::shared_ptr<const ImagePlan> plan)
      : path_(std::move(path)), plan_(std::move(plan)) {
    if (plan_->nhwc)
      sample_ = {plan_->height, plan_->width, plan_->channels};
    else
      sample_ = {plan_->channels, plan_->height, plan_->width};
  }

  std::uint64_t count() const override { return 1; }
  const evaluator::Dims& sample() const override { return sample_; }

  void read(std::uint64_t, std::uint64_t, Values& values) override {
    const auto file = graph::MappedFile::open(path_);
    std::vector<float> pixels;
    try {
      pixels = resized(format_of(path_.native())->decode(file->text()), plan_->height, plan_->width);
    } catch (const Error& error) {
      throw Error(path_.string(), error.place, error.message);
    }
    file->check_intact();
    append(pixels, values);
  }

 private:
  // Channel c of a pixel as the network takes it.
  float value(const float* rgb, std::size_t c) const {
    const float shade =
        plan_->channels == 1 ? 0.299F * rgb[0] + 0.587F * rgb[1] + 0.114F * rgb[2] : rgb[plan_->bgr ? 2 - c : c];
    return plan_->whole ? shade : (shade / 255 - plan_->mean[c]) / plan_->std[c];
  }

  void append(const std::vector<float>& pixels, Values& values) const {
    const auto channels = static_cast<std::size_t>(plan_->channels);
    const std::size_t area = pixels.size() / 3;
    std::vector<float> out(area * channels);
    for (std::size_t i = 0; i < area; ++i)
      for (std::size_t c = 0; c < channels; ++c)
        out[plan_->nhwc ? i * channels + c : c * area + i] = value(pixels.data() + i * 3, c);
    if (!plan_->whole) return values.append(out);
    std::vector<std::int64_t> rounded(out.size());
    std::transform(out.begin(), out.end(), rounded.begin(), [](float each) { return std::lrint(each); });
    values.append(rounded);
  }

  std::filesystem::path path_;
  std::shared_ptr<const ImagePlan> plan_;
  evaluator::Dims sample_;
};

}  // namespace

bool is_image(std::string_view name) { return format_of(name) != nullptr; }

ImagePlan plan_images(std::string_view input, const graph::Tensor& tensor, const ImageOptions& options) {
  try {
    const std::array<std::int64_t, 4> dims = dims_of(tensor);
    ImagePlan plan;
    plan.nhwc =
        options.layout == Layout::nhwc || (options.layout == Layout::unsaid && !colours(dims[1]) && colours(dims[3]));
    const Dims4 shape = plan.nhwc ? Dims4{dims[3], dims[1], dims[2]} : Dims4{dims[1], dims[2], dims[3]};
    plan.channels = shape.channels < 0 ? 3 : shape.channels;
    if (!colours(plan.channels))
      throw Error(
          "", "",
          fmt::format("it takes {} with {} channels as {}, and images have 1 or 3: write another --layout, or give "
                      "data that is no images",
                      to_string(tensor.shape), plan.channels, plan.nhwc ? "nhwc" : "nchw"));
    constexpr std::int64_t kSize = 224;
    const auto side = [&](std::int64_t given, std::int64_t dim) {
      if (given > 0 && dim >= 0 && given != dim)
        throw Error("", "",
                    fmt::format("--size says {}, and it takes {}: take --size out", size_text(options.size),
                                to_string(tensor.shape)));
      return given > 0 ? given : dim >= 0 ? dim : kSize;
    };
    plan.height = side(options.size[0], shape.height);
    plan.width = side(options.size[1], shape.width);
    if (plan.height < 1 || plan.width < 1 || plan.height > kMostSide || plan.width > kMostSide)
      throw Error("", "", fmt::format("images of {} x {} cannot be made", plan.height, plan.width));
    plan.bgr = options.bgr;
    plan.whole = tensor.dtype != graph::DType::undefined && !graph::floating(tensor.dtype);
    if (plan.whole && (!options.mean.empty() || !options.std.empty()))
      throw Error("", "",
                  fmt::format("it takes {}, the pixels as they are: --mean and --std do not go with it",
                              graph::name(tensor.dtype)));
    const bool colour = plan.channels == 3;
    plan.mean =
        by_channel(options.mean, colour ? std::vector{0.485, 0.456, 0.406} : std::vector{0.0}, plan.channels, "--mean");
    plan.std =
        by_channel(options.std, colour ? std::vector{0.229, 0.224, 0.225} : std::vector{1.0}, plan.channels, "--std");
    plan.note = words(plan, options, dims);
    return plan;
  } catch (const Error& error) {
    throw Error("", fmt::format("input '{}'", graph::printable(input)), error.message);
  }
}

std::unique_ptr<Segment> image_segment(std::filesystem::path path, std::shared_ptr<const ImagePlan> plan) {
  return std::make_unique<ImageSegment>(std::move(path), std::move(plan));
}

}  // namespace rw::data

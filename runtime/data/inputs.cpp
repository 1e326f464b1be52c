#include "runtime/data/inputs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"

namespace rw::data {
namespace {

using evaluator::Dims;
using graph::Error;

bool equal_where_known(std::span<const std::int64_t> wanted, std::span<const std::int64_t> is) {
  return std::equal(wanted.begin(), wanted.end(), is.begin(), is.end(),
                    [](std::int64_t a, std::int64_t b) { return a < 0 || a == b; });
}

}  // namespace

std::vector<std::int64_t> Input::sample() const {
  const auto dims = tensor_.shape.dims();
  return {dims.begin() + 1, dims.end()};
}

std::optional<std::uint64_t> Input::piece() const {
  if (!known() || tensor_.shape.rank() == 0 || tensor_.shape[0] < 0) return {};
  return static_cast<std::uint64_t>(tensor_.shape[0]);
}

bool Input::fits(const Dims& sample) const { return !known() || equal_where_known(this->sample(), sample); }

void Input::add(std::unique_ptr<FileArray> array) {
  const StoredArray& stored = array->stored();
  check_type(stored, tensor_.dtype);
  const std::string name = graph::printable(tensor_.name);
  const bool scalar = known() ? tensor_.shape.rank() == 0 : stored.shape.empty();
  if (scalar && stored.shape.empty()) {
    if (!empty())
      throw Error(stored.file, stored.place, fmt::format("input '{}' takes one value, and has one already", name));
    scalar_ = true;
    return add(samples_of(std::move(array), true));
  }
  const Dims& shape = stored.shape;
  const bool along = !shape.empty() && !scalar && fits({shape.begin() + 1, shape.end()});
  // One axis less: the file is one sample.
  const bool whole = !along && known() && !scalar && fits(shape);
  if (!along && !whole)
    throw Error(stored.file, stored.place,
                fmt::format("its shape is {}, and input '{}' takes {}", evaluator::to_string(shape), name,
                            to_string(tensor_.shape)));
  if (stored.elements() == 0)
    throw Error(stored.file, stored.place, fmt::format("it holds no values (shape {})", evaluator::to_string(shape)));
  add(samples_of(std::move(array), whole));
}

void Input::add_image(const std::filesystem::path& path, const ImageOptions& options) {
  if (!images_) {
    images_ = std::make_shared<ImagePlan>(plan_images(tensor_.name, tensor_, options));
    note_ = images_->note;
  }
  add(image_segment(path, images_));
}

void Input::add(std::unique_ptr<Segment> segment) {
  const std::uint64_t end = count() + segment->count();
  const bool same = !segments_.empty() && segments_.back()->sample() == segment->sample();
  if (same) cuts_.pop_back();
  cuts_.push_back(end);
  ends_.push_back(end);
  largest_ = std::max<std::uint64_t>(largest_, evaluator::count(segment->sample()));
  segments_.push_back(std::move(segment));
}

evaluator::Array Input::read(std::uint64_t first, std::uint64_t count) const {
  Values values(tensor_.dtype);
  const auto at = static_cast<std::size_t>(std::upper_bound(ends_.begin(), ends_.end(), first) - ends_.begin());
  Dims shape = segments_[at]->sample();
  values.reserve(count * evaluator::count(shape));
  std::uint64_t left = count;
  for (std::size_t i = at; left > 0; ++i) {
    const std::uint64_t begin = i == 0 ? 0 : ends_[i - 1], inside = first - begin;
    const std::uint64_t part = std::min(left, segments_[i]->count() - inside);
    segments_[i]->read(inside, part, values);
    first += part;
    left -= part;
  }
  if (!scalar_) shape.insert(shape.begin(), static_cast<std::int64_t>(count));
  return values.take(std::move(shape));
}

}  // namespace rw::data

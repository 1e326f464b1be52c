// Images as samples of an input.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/values/dtype.hpp"
#include "runtime/data/data.hpp"
#include "runtime/data/segment.hpp"

namespace rw::data {

bool is_image(std::string_view name);  // by its ending: .png, .jpg, .jpeg

// What becomes of every image of an input.
struct ImagePlan {
  std::int64_t height = 0, width = 0, channels = 3;  // 1: the brightness, as ITU-R 601 has it
  bool nhwc = false, bgr = false;
  bool whole = false;            // an integer input: 0 to 255, as they are
  std::vector<float> mean, std;  // by channel
  std::string note;              // the plan in words
};

// From the options, and where they do not say it from the shape of the input (dimensions below 0 are not known).
// graph::Error (place: the input): it takes no images, or not those of the options.
ImagePlan plan_images(std::string_view input, const graph::Tensor& tensor, const ImageOptions& options);

// The plan and the path are kept. The file is read when the sample is.
std::unique_ptr<Segment> image_segment(std::filesystem::path path, std::shared_ptr<const ImagePlan> plan);

}  // namespace rw::data

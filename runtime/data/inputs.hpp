// What an input of the network takes, and the segments that were found for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/network.hpp"
#include "runtime/data/arrays.hpp"
#include "runtime/data/images.hpp"
#include "runtime/data/segment.hpp"

namespace rw::data {

class Input {
 public:
  Input(const graph::Network& network, graph::TensorId id) : id_(id), tensor_(network.tensor(id)) {}

  graph::TensorId id() const { return id_; }
  const graph::Tensor& tensor() const { return tensor_; }
  bool known() const { return tensor_.shape.known() && !tensor_.shape.any_front(); }  // how many axes it has
  // Dimensions of a sample; below 0: not known. Only where known() and of one axis at least.
  std::vector<std::int64_t> sample() const;
  // Samples of each batch where the model fixes the first dimension; nothing where it is free.
  std::optional<std::uint64_t> piece() const;
  // It has no axis of samples: the one value goes into every batch.
  bool scalar() const { return scalar_; }
  std::uint64_t count() const { return ends_.empty() ? 0 : ends_.back(); }
  bool empty() const { return segments_.empty(); }
  // The numbers of the samples behind which the shape of samples is another one, and of the last.
  const std::vector<std::uint64_t>& cuts() const { return cuts_; }
  std::uint64_t largest() const { return largest_; }  // elements of a sample

  // graph::Error: the array does not fit (type, shape), is empty, or other files of the input have another shape where
  // the batches need one.
  void add(std::unique_ptr<FileArray> array);
  void add_image(const std::filesystem::path& path, const ImageOptions& options);
  void add(std::unique_ptr<Segment> segment);

  const std::string& note() const { return note_; }  // what is taken for granted of its images

  // Samples [first, first + count), which have one shape.
  evaluator::Array read(std::uint64_t first, std::uint64_t count) const;

 private:
  bool fits(const evaluator::Dims& sample) const;

  graph::TensorId id_;
  const graph::Tensor& tensor_;
  std::vector<std::unique_ptr<Segment>> segments_;
  std::vector<std::uint64_t> ends_;  // by segment: how many samples there are with it
  std::vector<std::uint64_t> cuts_;
  std::uint64_t largest_ = 0;
  bool scalar_ = false;
  std::shared_ptr<const ImagePlan> images_;
  std::string note_;
};

}  // namespace rw::data

// The inputs of a network, from files of the user's or drawn at random, batch by batch. Files: .npy (C and Fortran
// order, floats of 16, 32 and 64 bits, integers and booleans), .npz, ONNX TensorProto (.pb), images (PNG, JPEG), and
// folders of them, whose files follow one another in the order of their paths.
//
// Samples lie along the first axis of an input; a file with one axis less is one sample. Where the model fixes the
// first dimension, each batch has that many; elsewhere it is bounded. Only the batch that is asked for is in memory.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "graph/network.hpp"
#include "runtime/evaluator/array.hpp"

namespace rw::data {

enum class Layout : std::uint8_t { unsaid, nchw, nhwc };

// How images become samples: resized (both sides, Pillow's BILINEAR), divided by 255, minus mean, divided by std.
struct ImageOptions {
  std::array<std::int64_t, 2> size = {0, 0};  // height, width; 0: what the model says, else 224
  std::vector<double> mean, std;   // one for each channel, or one for all; empty: those of ImageNet where there are
                                   // three channels, 0 and 1 where there is one
  Layout layout = Layout::unsaid;  // unsaid: where the model has 1 or 3 channels, else nchw
  bool bgr = false;
  bool rgb = false;  // was asked for; without either it is taken for granted
};

struct Options {
  std::vector<std::string> words;  // "a.npy", "x=a.npy" for the input x, "images/"
  std::uint64_t random = 0;        // so many samples are drawn where there are no words
  std::uint64_t seed = 1;
  std::size_t batch = 8;  // samples in a batch where the first dimension is free; fewer where they are large
  ImageOptions images;
};

using Batch = std::map<graph::TensorId, evaluator::Array>;

class Data {
 public:
  virtual ~Data() = default;

  // Of the first input whose samples are counted.
  virtual std::uint64_t samples() const = 0;
  virtual std::size_t batches() const = 0;  // at least one
  // One Array for each input of the network, floats or int64 as the input's type says (rounded to it, floats of 16 bits
  // too). Going through them in order is fast, going back may read a compressed file again. graph::Error (file: where
  // it stands): a value that is not finite or does not fit the input's type, an image that cannot be decoded, a file
  // that has changed.
  virtual Batch read(std::size_t batch) = 0;

  virtual bool random() const = 0;  // drawn, not read
  // Sentences for the output: what was taken for granted (size, mean and std of images), files that were passed over.
  virtual const std::vector<std::string>& notes() const = 0;
  // Every file that is read, for whoever must not write over one of them.
  virtual const std::vector<std::filesystem::path>& files() const = 0;
};

// Opens all of them and checks types, shapes and counts. Borrows the network, whose inputs have the shapes that the
// file says. graph::Error: a file that is missing, truncated, of an unknown kind, of another shape or type than its
// input takes; an empty folder; a name that is no input (with the nearest one); an input without data; numbers of
// samples that differ, or a rest that fills no batch of a fixed size.
std::unique_ptr<Data> open(const graph::Network& network, const Options& options);

}  // namespace rw::data

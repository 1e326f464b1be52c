// Arrays of files as samples: .npy, members of .npz, TensorProto.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "graph/base/mapped_file.hpp"
#include "runtime/data/segment.hpp"

namespace rw::data {

// An array that was found in a file, before it is known which axes are those of a sample.
class FileArray {
 public:
  virtual ~FileArray() = default;
  const StoredArray& stored() const { return stored_; }
  // Appends elements [first, first + count), row-major. graph::Error: as Values::append; the file is damaged or has
  // changed.
  virtual void read(std::uint64_t first, std::uint64_t count, Values& values) = 0;

 protected:
  explicit FileArray(StoredArray stored) : stored_(std::move(stored)) {}
  StoredArray stored_;
};

struct NamedArray {
  std::string name;  // of the member or tensor; empty: none
  std::unique_ptr<FileArray> array;
};

// graph::Error (file: its path): missing, truncated, not what its ending says, an element type that has no numbers.
// The file is mapped again whenever it is read, so that a folder of many takes no more than one; an error if it has
// changed since.
NamedArray open_npy(const std::filesystem::path& path);
std::vector<NamedArray> open_npz(const std::filesystem::path& path);
NamedArray open_tensor(const std::filesystem::path& path);

// The same of bytes that stand where they are as long as the arrays do.
std::unique_ptr<FileArray> npy_of(std::string_view bytes, const std::string& file);
std::vector<NamedArray> npz_of(std::string_view bytes, const std::string& file);

// The array as samples along its first axis, or (`whole`) as one sample.
std::unique_ptr<Segment> samples_of(std::unique_ptr<FileArray> array, bool whole);

}  // namespace rw::data

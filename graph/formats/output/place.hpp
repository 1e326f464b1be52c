// A place that an output goes to, and the hidden names beside it that a run uses until all is done. They follow from
// the name of the place, so that the next run to it finds what a killed one left.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace rw::graph {

class Place {
 public:
  // `target`: a model, or a file that stands for itself.
  explicit Place(const std::filesystem::path& target);

  const std::filesystem::path& folder() const { return folder_; }  // empty: the current one
  const std::string& name() const { return name_; }                // of the target, without its folder

  // Where a file of the output is until it gets its name; 0 is the model's. As long as that stands there the model has
  // not been put in its place.
  std::filesystem::path temporary(std::size_t number) const;

  // Where what stood at `target`, in the folder of this place, is until all is done.
  std::filesystem::path old(const std::filesystem::path& target) const;

  // Takes away what a run left that was killed, by whoever holds the lock of this place. Where it came to its end
  // before the model was put in its place, what it had moved away comes back, and what it had put there goes. Where it
  // came further, old(the target) is left: it tells which files only the model before has named.
  void recover() const;

 private:
  std::filesystem::path folder_;
  std::string name_, prefix_;
};

}  // namespace rw::graph

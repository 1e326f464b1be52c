// Applies an Edit to the elements of a constant, a range of them at a time: W' = W * product of the factors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/values/edit.hpp"
#include "graph/values/edit_sums.hpp"
#include "graph/values/literal.hpp"
#include "graph/values/scale_kernels.hpp"

namespace rw::graph {

// Adds the elements of a constant, row-major and little-endian.
void add_elements(const Literal& value, Checksum& sum);

// Size of the result of an edit, in bytes.
std::uint64_t result_size(const Literal& source, const Edit& edit);

// The product of the factors of one element is computed in double, in the order of the factors; the element is
// multiplied by it in double and rounded once to its type, to nearest even. Without factors the elements are copied.
// A Scaler holds factors laid out for its loops, so it is made only when its constant is written. Several threads may
// call its functions at the same time.
class Scaler {
 public:
  // Borrows all three. The constant is of a floating type; the edit fits it (see rewriting.hpp).
  Scaler(const Literal& source, const Edit& edit, std::string_view name);
  Scaler(Scaler&&) = default;
  Scaler(const Scaler&) = delete;  // its factors view one another

  const Literal& source() const { return source_; }
  std::span<const std::int64_t> shape() const { return edit_.shape; }  // of the result
  std::uint64_t byte_count() const { return result_size(source_, edit_); }
  // True where the elements of the result do not lie one by one in the bytes of the source: one element of the source
  // is repeated, or the source has a layout.
  bool gathers() const { return gathers_; }

  // Scales elements [first, first + count) of the result in place; they hold the source's values. Infinity stays what
  // it is. Where the edit notes checksums each element is noted once: `again` says that these were, or will be, by
  // another call. Error (place "tensor 'name'"): NaN, or a value that becomes infinite in its type.
  void scale(std::uint64_t first, std::span<std::byte> elements, bool again = false) const;

  // Writes these elements of the result, reading the source where it lies. Error: as above.
  void write(std::uint64_t first, std::span<std::byte> elements, bool again = false) const;

  // All of the result.
  std::vector<std::byte> result() const;

 private:
  // Which value of a factor belongs to which element: `run` neighbours share a value, and run after run the position
  // advances through groups of axes (innermost first). Only groups with a stride advance through the values.
  struct FactorPath {
    struct Group {
      std::uint64_t extent;
      std::uint64_t stride;  // in values; 0: not marked
    };
    std::span<const double> values;
    std::vector<double> repeated;  // what `values` views where short runs were written out
    std::vector<float> rough;      // for 16-bit types, where run is 1
    std::uint64_t run = 1;
    std::vector<Group> groups;

    std::uint64_t index(std::uint64_t run_index) const;
    void write_out_runs();
    template <typename Take>
    void over(std::uint64_t first, std::span<double> factors, Take take) const;
  };
  // Neighbours whose factors are one number, or one number times a row of them.
  struct Stretch {
    std::uint64_t length = 0;
    StretchFactors factors;
  };

  static FactorPath path_of(const Factor& factor, std::span<const std::int64_t> view);
  Stretch stretch_at(std::uint64_t first) const;
  void combine(std::uint64_t first, std::span<double> factors) const;
  void gather(std::uint64_t first, std::span<std::byte> elements) const;
  void scale(std::uint64_t first, std::span<std::byte> to, const std::byte* from) const;
  void note(Checksum EditSums::*sum, std::uint64_t first, std::span<const std::byte> elements) const;
  void fetch(std::uint64_t first, std::span<std::byte> elements) const;
  void check(std::uint64_t first, std::span<const std::byte> scaled) const;
  std::string position(std::uint64_t index) const;

  const Literal& source_;
  const Edit& edit_;
  std::string_view name_;
  std::uint64_t elements_ = 1;
  bool gathers_ = false;
  std::vector<FactorPath> paths_;
  ScaleKernel kernel_ = nullptr;
};

}  // namespace rw::graph

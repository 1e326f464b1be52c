// The largest magnitude over the kernel for each pair of an output and an input channel of a linear operator, as the
// weight was read. Rules that sweep ask for ranges of channels again and again, while nothing but factors along
// channels changes: from this table they come without another look at the kernel.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "graph/base/sources.hpp"
#include "runtime/weights/edited.hpp"
#include "runtime/weights/pair_layout.hpp"

namespace rw::runtime {

class PairMaxima {
 public:
  // `out` and `in` are the handles of one weight, which the table may borrow. Nothing where it is of no float type of
  // at most 32 bits, has another order than PairLayout knows, or an element is NaN or infinite: magnitudes()
  // (edited.hpp) reads it, and says which.
  static std::optional<PairMaxima> of(graph::Sources sources, const graph::Tensor& weight, const Handle& out,
                                      const Handle& in);

  // As magnitudes() of the handle with these axes gives them, up to rounding. Nothing where the weight is edited along
  // other axes than those of its two sides.
  std::optional<std::vector<double>> magnitudes(AxisMask axes, const Edit* edit) const;

 private:
  explicit PairMaxima(const PairLayout& layout) : layout_(layout) {}
  const std::byte* row(std::size_t index) const {
    const std::byte* elements = held_.empty() ? stored_ : reinterpret_cast<const std::byte*>(held_.data());
    return elements + index * layout_.columns * sizeof(float);
  }
  std::size_t part() const;  // rows that are worth a thread
  std::vector<double> by_row(const std::vector<double>& columns) const;
  std::vector<double> by_column(const std::vector<double>& rows) const;

  PairLayout layout_;
  std::vector<std::int64_t> view_;
  graph::DType dtype_ = graph::DType::float32;
  std::vector<float> held_;            // empty: the weight itself is the table, up to signs
  const std::byte* stored_ = nullptr;  // its elements, not aligned: group by group, row by row
};

// The tables of a rule, each made when it is first asked for. Several threads may ask.
class PairMaximaTable {
 public:
  // `sources`: of the model; borrowed.
  PairMaximaTable(graph::Sources sources, std::size_t operators) : sources_(sources), tables_(operators) {}

  // Null: there is none for this operator.
  const PairMaxima* find(OperatorId op, const Law& law, const Site& site);

 private:
  struct Table {
    std::once_flag made;
    std::unique_ptr<const PairMaxima> table;
  };
  graph::Sources sources_;
  std::vector<Table> tables_;  // by operator
};

}  // namespace rw::runtime

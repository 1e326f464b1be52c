// A file in the making, as a list of what it is made of: ranges of inputs, new bytes, scaled constants.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/base/sources.hpp"
#include "graph/formats/output/output.hpp"
#include "graph/values/scale.hpp"

namespace rw::graph {

class Pieces {
 public:
  // `sources`: the mapped files that views may lie in; borrowed.
  explicit Pieces(Sources sources) : sources_(sources) {}

  void copy(std::string_view view);  // somewhere in the sources, or in memory that outlives this
  void text(std::string bytes);
  void scaled(const Literal& source, const Edit& edit, std::string_view name);  // borrows all three
  void zeros(std::uint64_t count) { text(std::string(count, '\0')); }
  void append(Pieces&& other);

  Pieces like() const { return Pieces(sources_); }  // empty, over the same sources
  std::uint64_t size() const { return size_; }
  bool empty() const { return pieces_.empty(); }
  void write(OutputFile& file) const;

 private:
  struct Scaled {
    const Literal* source;
    const Edit* edit;
    std::string_view name;
  };
  using Piece = std::variant<std::string_view, std::string, Scaled>;

  Sources sources_;
  std::vector<Piece> pieces_;
  std::uint64_t size_ = 0;
};

}  // namespace rw::graph

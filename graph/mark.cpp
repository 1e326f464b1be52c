#include "graph/mark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "graph/base/digest.hpp"
#include "graph/base/error.hpp"

namespace rw::graph {
namespace {

constexpr std::size_t kProbe = 64, kLength = 16;  // bytes of a part; digits of a mark

// A range whole where it is short, else where it begins, is half over and ends.
void add_parts(std::span<const std::byte> bytes, Digest& digest) {
  digest.add(bytes.size());
  if (bytes.size() <= 3 * kProbe) return digest.add(bytes);
  digest.add(bytes.first(kProbe));
  digest.add(bytes.subspan(bytes.size() / 2, kProbe));
  digest.add(bytes.last(kProbe));
}

template <typename T>
void add_list(std::span<const T> values, Digest& digest) {
  digest.add(std::as_bytes(values));
}

void add_edit(const Edit& edit, Digest& digest) {
  add_list(std::span<const std::int64_t>(edit.shape), digest);
  add_list(std::span<const std::int64_t>(edit.view), digest);
  for (const Factor& factor : edit.factors) {
    std::uint64_t axes = 0;
    for (const int axis : factor.axes) axes |= std::uint64_t{1} << static_cast<unsigned>(axis);
    digest.add(axes);
    add_list(std::span<const double>(factor.values), digest);
  }
}

class Marker {
 public:
  Marker(const Model& model, const Rewriting& rewriting) : network_(model.network), rewriting_(rewriting) {
    for (OperatorId id = 0; id < network_.operators().size(); ++id) {
      const Operator& op = network_.op(id);
      digest_.add(network_.type_of(id));
      digest_.add(op.name);
      add_list(op.inputs, digest_);
      add_list(op.outputs, digest_);
    }
    for (const Statistic& each : model.statistics.entries()) {
      digest_.add(each.name);
      add_list(each.min, digest_);
      add_list(each.max, digest_);
    }
  }

  std::string text() {
    constants();
    statistics();
    graph();
    return digest_.text();
  }

 private:
  void name(TensorId id) { digest_.add(network_.tensor(id).name); }
  void node(OperatorId id, std::uint32_t slot) {
    digest_.add(network_.op(id).name);
    digest_.add(slot);
  }
  void texts(const std::vector<std::string>& list) {
    digest_.add(list.size());
    for (const std::string& each : list) digest_.add(each);
  }

  // What it reads and gives is in the network.
  void placed(const PlacedOperator& each) {
    node(each.place, 0);
    node(each.op, 0);
    for (const Attribute& attribute : network_.op(each.op).attributes) {
      digest_.add(attribute.name);
      digest_.add(attribute.value.index());
      std::visit([this](const auto& value) { add(value); }, attribute.value);
    }
  }
  void add(std::int64_t value) { digest_.add(static_cast<std::uint64_t>(value)); }
  void add(double value) { digest_.add(std::bit_cast<std::uint64_t>(value)); }
  void add(std::string_view value) { digest_.add(value); }
  template <typename T>
  void add(std::span<const T> values) {
    add_list(values, digest_);
  }
  void add(std::span<const std::string_view> values) {
    digest_.add(values.size());
    for (const std::string_view each : values) digest_.add(each);
  }
  void add(const Literal& value) {
    add_list(value.shape.dims(), digest_);
    digest_.add(value.bytes);
  }
  void add(const Opaque& value) { digest_.add(value.text); }

  void constants() {
    digest_.add(rewriting_.constants.size());
    for (const ConstantEdit& each : rewriting_.constants) {
      name(each.tensor);
      add_parts(network_.tensor(each.tensor).constant->bytes, digest_);
      add_edit(each.edit, digest_);
    }
    digest_.add(rewriting_.copies.size());
    for (const ConstantCopy& each : rewriting_.copies) {
      digest_.add(each.name);
      name(each.tensor);
      add_parts(network_.tensor(each.tensor).constant->bytes, digest_);
      add_edit(each.edit, digest_);
    }
    digest_.add(rewriting_.rebindings.size());
    for (const Rebinding& each : rewriting_.rebindings) {
      node(each.op, each.slot);
      digest_.add(each.copy);
    }
  }

  void statistics() {
    digest_.add(rewriting_.statistics.size());
    for (const StatisticEdit& each : rewriting_.statistics) {
      name(each.tensor);
      add_list(std::span<const double>(each.scale), digest_);
    }
  }

  void graph() {
    const GraphEdits& edits = rewriting_.graph;
    for (const AddedConstant& each : edits.added) {
      digest_.add(each.name);
      digest_.add(each.value.bytes);
    }
    for (const InputChange& each : edits.inputs) {
      node(each.op, each.slot);
      digest_.add(each.name);
    }
    for (const OutputChange& each : edits.outputs) {
      node(each.op, each.slot);
      digest_.add(each.name);
    }
    for (const Replacement& each : edits.replacements) {
      node(each.op, 0);
      digest_.add(each.type);
    }
    for (const InsertedOperator& each : edits.inserted) {
      node(each.before, 0);
      digest_.add(each.type);
      digest_.add(each.name);
      texts(each.inputs);
      texts(each.outputs);
    }
    for (const RemovedOperator& each : edits.removed) node(each.op, 0);
    for (const PlacedOperator& each : edits.placed)
      if (!each.gone) placed(each);
  }

  const Network& network_;
  const Rewriting& rewriting_;
  Digest digest_;
};

}  // namespace

bool is_mark(std::string_view text) {
  return text.size() == kLength && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void agree(Mark& known, std::string_view text, const std::filesystem::path& file) {
  if (text.empty() || text == known.text) return;
  if (known.text.empty()) {
    known = {std::string(text), file.string()};
    return;
  }
  throw Error(
      file.string(), "",
      fmt::format("belongs to another output than '{}': its mark is {}, there it is {}", known.file, text, known.text));
}

std::string mark_of(const Model& model, const Rewriting& rewriting) { return Marker(model, rewriting).text(); }

std::optional<std::string> mark_for(const Model& model, const Rewriting& rewriting, MarkFor use) {
  const bool touched = !rewriting.constants.empty() || !rewriting.copies.empty() || !rewriting.rebindings.empty() ||
                       !rewriting.statistics.empty() || !rewriting.graph.empty();
  if (!touched) return std::nullopt;
  return use == MarkFor::files ? mark_of(model, rewriting) : std::string(kLength, '0');
}

}  // namespace rw::graph

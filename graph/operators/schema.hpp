// What an operator is by its specification (ai.onnx up to kNewestOperatorSet; of com.microsoft what has a form): since
// which operator set there is one, how many inputs and outputs it has, and its attributes with their defaults, also
// those of old operator sets and those that became inputs. For whoever writes operators; how networks are read, the
// forms say (form.hpp).
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace rw::graph {

enum class AttributeKind : std::uint8_t { integer, number, text, integers, numbers, texts, tensor, graph, other };

inline constexpr std::int64_t kNewestOperatorSet = 24;  // of ai.onnx that is known here

// What holds where an attribute is absent: nothing that the specification says as a value; it must not be absent; a
// value; one for each axis 1, 0, or the axes from the last to the first.
enum class Otherwise : std::uint8_t { open, needed, value, ones, zeros, reversed };

struct AttributeSchema {
  std::string_view name;
  AttributeKind kind = AttributeKind::integer;
  Otherwise otherwise = Otherwise::open;
  double number = 0;           // the value of integers and numbers
  std::string_view text = {};  // of texts
  std::span<const std::int64_t> list = {};
  std::span<const std::string_view> texts = {};
  std::int64_t since = 1, until = 0;  // operator sets that have it so; until 0: it is still there
  // It is input `slot` instead from operator set `input_since` on; 0: it never was.
  std::uint32_t slot = 0;
  std::int64_t input_since = 0;

  constexpr bool in(std::int64_t set) const { return set >= since && (until == 0 || set <= until); }
};

struct Count {
  static constexpr std::uint32_t kAny = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t least = 0, most = 0;  // kAny: as many as one likes
};

// From operator set `since` on.
struct Signature {
  std::int64_t since = 1;
  Count inputs, outputs;
};

struct OperatorSchema {
  std::string_view op;                          // as in Network::type_name
  std::int64_t until = 0;                       // the last operator set that has it; 0: it is still there
  std::span<const Signature> signatures;        // at least one, older ones first
  std::span<const AttributeSchema> attributes;  // by name, older ones first
  std::int64_t since() const { return signatures.front().since; }
  bool in(std::int64_t set) const { return set >= since() && (until == 0 || set <= until); }
  // In an operator set that has it. Null: there is no such attribute.
  const Signature& signature(std::int64_t set) const;
  const AttributeSchema* attribute(std::string_view name, std::int64_t set) const;
};

// Of "domain::Type"; empty: of ONNX itself.
std::string_view domain_of(std::string_view type);

// Returns null where nothing is known of the name. There is one for every operator that has a form.
const OperatorSchema* find_schema(std::string_view op);
std::span<const OperatorSchema> schemas();  // by name

}  // namespace rw::graph

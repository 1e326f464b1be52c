#include "graph/formats/statistics/foreign.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "graph/formats/text/json_text.hpp"

namespace rw::graph {
namespace {

// What was read of one tensor: ranges of the whole tensor (one), or of its channels.
struct Ranges {
  std::vector<double> low, high;
  int axis = 1;
};

class ForeignReader {
 public:
  ForeignReader(Network& network, Statistics& statistics, std::string_view method)
      : network_(network), statistics_(statistics), method_(method) {}

  void add(std::string_view name, const Ranges& ranges, const json::Value& value) {
    const auto id = network_.find(name);
    const bool known = id && *id != kNone;
    if (known && network_.tensor(*id).constant) return;  // a parameter
    if (!names_.insert(std::string(name)).second) throw value.duplicate(name);
    if (ranges.low.empty() || ranges.low.size() != ranges.high.size())
      throw value.error(fmt::format("its range has {} lower and {} upper ends", ranges.low.size(), ranges.high.size()));
    Statistic entry;
    for (std::size_t i = 0; i < ranges.low.size(); ++i) {
      const bool finite = std::isfinite(ranges.low[i]) && std::isfinite(ranges.high[i]);
      entry.finite &= finite;
      if (finite && ranges.low[i] > ranges.high[i])
        throw value.error(fmt::format("its range is from {} to {}", ranges.low[i], ranges.high[i]));
    }
    Arena& arena = network_.arena();
    entry.name = arena.store(name);
    if (known) entry.tensor = *id;
    entry.whole = ranges.low.size() == 1;
    entry.axis = ranges.axis;
    entry.min = arena.store(std::span<const double>(ranges.low));
    entry.max = arena.store(std::span<const double>(ranges.high));
    entry.text = arena.store(std::string_view(text_of(entry)));
    statistics_.add(entry);
  }

 private:
  // As files of statistics have it: it is written with the model.
  std::string text_of(const Statistic& entry) const {
    const auto number = [](double value) {
      std::string text;
      json::append_number(value, text);
      return text;
    };
    return fmt::format("{{\"axis\": {}, \"min\": {}, \"max\": {}, \"method\": {}}}",
                       entry.whole ? "null" : std::to_string(entry.axis), json::list(entry.min, number),
                       json::list(entry.max, number), json::quoted(method_));
  }

  Network& network_;
  Statistics& statistics_;
  std::string_view method_;
  std::set<std::string> names_;
};

// A number, a list of them, or lists of lists.
void read_numbers(json::Value& value, std::vector<double>& numbers, int depth = 0) {
  if (const auto special = value.special()) {
    numbers.push_back(*special);
  } else if (value.kind() == json::Kind::number) {
    numbers.push_back(value.number());
  } else if (value.kind() == json::Kind::array && depth < kMaxRank) {
    value.array([&](json::Value& each) { read_numbers(each, numbers, depth + 1); });
  } else {
    throw value.expected("a number, or a list of them");
  }
}

template <typename F>
void at_entry(std::string_view name, F f) {
  try {
    f();
  } catch (const Error& error) {
    throw json::at_place(error, fmt::format("calibration '{}'", name));
  }
}

// --- ONNX Runtime: {"CLS": "TensorsData", "data": {"x": {"CLS": "TensorData", "lowest": A, "highest": A, ...}}}, where
// A is a number or {"CLS": "numpy.array", "data": ..., "dtype": ...}; older versions write the object under "data"
// alone.

void read_array(json::Value& value, std::vector<double>& numbers) {
  if (value.special() || value.kind() != json::Kind::object) return read_numbers(value, numbers);
  bool found = false;
  value.object([&](std::string_view key, json::Value& member) {
    if (key != "data" || found) return member.check(json::Specials::any);
    found = true;
    read_numbers(member, numbers);
  });
  if (!found) throw value.error("the key \"data\" is missing");
}

void read_tensors_data(json::Value& object, ForeignReader& reader) {
  object.object([&](std::string_view name, json::Value& value) {
    if (value.kind() != json::Kind::object) return value.check();  // "CLS", "calibration_method"
    at_entry(name, [&] {
      Ranges ranges;
      bool tensor = false;
      value.object([&](std::string_view key, json::Value& member) {
        if (key == "lowest" && ranges.low.empty())
          read_array(member, ranges.low);
        else if (key == "highest" && ranges.high.empty())
          read_array(member, ranges.high);
        else
          member.check(json::Specials::any);
        tensor |= key == "lowest" || key == "highest";
      });
      if (tensor) reader.add(name, ranges, value);
    });
  });
}

// --- AIMET

// An encoding, of the whole tensor or of one channel or of several.
struct Encoding {
  std::optional<double> min, max;
  std::vector<double> scale, offset, zero_point;
  std::optional<std::int64_t> axis;
  std::string type;  // "int", "INT", "float", "uint8"
  double bits = 8;
};

double power(double bits) { return std::ldexp(1.0, static_cast<int>(std::min(std::max(bits, 1.0), 64.0))); }

struct EncodingReader {
  Encoding& encoding;

  void read(std::string_view key, json::Value& value) {
    const auto special = value.special();
    const bool number = !special && value.kind() == json::Kind::number;
    if ((key == "min" || key == "max") && (special || number))
      (key == "min" ? encoding.min : encoding.max) = special ? *special : value.number();
    else if (key == "scale" || key == "y_scale")
      read_numbers(value, encoding.scale);
    else if (key == "offset")
      read_numbers(value, encoding.offset);
    else if (key == "y_zero_point" && (special || value.kind() != json::Kind::null))
      read_numbers(value, encoding.zero_point);
    else if (special)
      value.check(json::Specials::any);
    else if ((key == "bitwidth" || key == "bw") && number)
      encoding.bits = value.number();
    else if ((key == "dtype" || key == "output_dtype") && value.kind() == json::Kind::string)
      encoding.type = value.string();
    else if (key == "axis" && number)
      encoding.axis = value.integer();
    else
      value.check(json::Specials::any);
  }
};

bool of_floats(const Encoding& encoding) {
  return encoding.type.starts_with("float") || encoding.type.starts_with("FLOAT") ||
         encoding.type.starts_with("bfloat");
}

// The steps from the least to the largest integer of "uint8", "int16"; nothing: another type.
std::optional<std::pair<double, double>> integers_of(const std::string& type) {
  const bool is_signed = type.starts_with("int");
  const std::string_view digits = std::string_view(type).substr(is_signed ? 3 : std::min<std::size_t>(type.size(), 4));
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc{} || end != digits.data() + digits.size() || bits < 1 || bits > 64) return {};
  if (!is_signed && !type.starts_with("uint")) return {};
  const double levels = power(bits);
  return is_signed ? std::pair(-levels / 2, levels / 2 - 1) : std::pair(0.0, levels - 1);
}

// Its range, or ranges, are added.
void add_range(const Encoding& encoding, Ranges& ranges, const json::Value& value) {
  if (encoding.axis)
    ranges.axis =
        static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(*encoding.axis, -kMaxRank), kMaxRank - 1));
  if (encoding.min && encoding.max) {
    ranges.low.push_back(*encoding.min);
    ranges.high.push_back(*encoding.max);
    return;
  }
  if (encoding.scale.empty()) throw value.error("expected \"min\" and \"max\", or \"scale\" and \"offset\"");
  const auto integers = integers_of(encoding.type);
  for (std::size_t i = 0; i < encoding.scale.size(); ++i) {
    const auto of = [&](const std::vector<double>& list) {
      if (list.size() > 1 && list.size() != encoding.scale.size()) throw value.error("its lists differ in length");
      return list.empty() ? std::optional<double>() : list[list.size() == 1 ? 0 : i];
    };
    const double scale = encoding.scale[i];
    if (integers && encoding.offset.empty()) {  // of version 2: (q - zero point) scale
      const double zero = of(encoding.zero_point).value_or(0);
      ranges.low.push_back((integers->first - zero) * scale);
      ranges.high.push_back((integers->second - zero) * scale);
      continue;
    }
    // (q + offset) scale, q from 0; a symmetric one without an offset has it in the middle.
    const double levels = power(encoding.bits), offset = of(encoding.offset).value_or(-levels / 2);
    ranges.low.push_back(offset * scale);
    ranges.high.push_back((offset + levels - 1) * scale);
  }
}

void read_encoding(json::Value& value, Ranges& ranges, bool& floats) {
  Encoding encoding;
  EncodingReader reader{encoding};
  value.object([&](std::string_view key, json::Value& member) { reader.read(key, member); });
  if (of_floats(encoding))
    floats = true;
  else
    add_range(encoding, ranges, value);
}

// Version 0.6: {"x": [{"min": 0, "max": 6, ...}]}, an encoding for the tensor or one for each channel.
void read_named_encodings(json::Value& object, ForeignReader& reader) {
  object.object([&](std::string_view name, json::Value& value) {
    at_entry(name, [&] {
      if (value.kind() != json::Kind::array)
        throw value.error(
            "these are encodings by modules of PyTorch: expected those by tensors, which AIMET writes beside the ONNX "
            "file");
      Ranges ranges;
      bool floats = false;
      value.array([&](json::Value& each) { read_encoding(each, ranges, floats); });
      if (!floats) reader.add(name, ranges, value);
    });
  });
}

// Versions 1 and 2: [{"name": "x", "scale": [...], "offset": [...], "bw": 8, ...}]
void read_listed_encodings(json::Value& list, ForeignReader& reader) {
  list.array([&](json::Value& value) {
    std::string name;
    Encoding encoding;
    EncodingReader parts{encoding};
    value.object([&](std::string_view key, json::Value& member) {
      if (key == "name")
        name = member.string();
      else
        parts.read(key, member);
    });
    at_entry(name, [&] {
      if (name.empty()) throw value.error("the key \"name\" is missing");
      if (of_floats(encoding)) return;
      Ranges ranges;
      add_range(encoding, ranges, value);
      reader.add(name, ranges, value);
    });
  });
}

bool has_text(json::Value& object, std::string_view key) {
  bool text = false;
  object.find(key, [&](json::Value& value) { text = value.kind() == json::Kind::string; });
  return text;
}

// Of an older table, which has no word about itself: some entry has "lowest" and "highest".
bool has_tensor_data(json::Value& object) {
  bool found = false;
  object.object([&](std::string_view, json::Value& value) {
    if (!found && value.kind() == json::Kind::object)
      found = has_text(value, "CLS") || value.find("lowest", [](json::Value&) {});
  });
  return found;
}

}  // namespace

bool read_foreign(json::Value& root, Network& network, Statistics& statistics) {
  ForeignReader runtime(network, statistics, "onnxruntime"), aimet(network, statistics, "aimet");
  if (has_text(root, "CLS")) {
    if (!root.find("data", [&](json::Value& value) { read_tensors_data(value, runtime); }))
      throw root.error("the key \"data\" is missing");
    return true;
  }
  for (const std::string_view key : {"activation_encodings", "encodings"}) {
    const auto read = [&](json::Value& value) {
      if (value.kind() == json::Kind::array)
        read_listed_encodings(value, aimet);
      else
        read_named_encodings(value, aimet);
    };
    if (root.find(key, read)) return true;
  }
  if (!has_tensor_data(root)) return false;
  read_tensors_data(root, runtime);
  return true;
}

}  // namespace rw::graph

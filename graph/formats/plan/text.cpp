// Plans as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <map>

#include "graph/base/checksum.hpp"
#include "graph/base/printable.hpp"
#include "graph/formats/json/attribute.hpp"
#include "graph/formats/json/node.hpp"
#include "graph/formats/plan/plan_file.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/formats/text/json_text.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/mark.hpp"

namespace rw::graph {
namespace {

constexpr std::string_view kFormat = "rewrite-engine/plan";
constexpr std::size_t kMostAxes = 16;  // of a view

// --- writing

std::string numbers(std::span<const double> values) {
  std::string text = "[";
  for (const double value : values) {
    if (text.size() > 1) text += ", ";
    json::append_number(value, text);
  }
  return text + "]";
}

std::string names(std::span<const std::string> list) {
  std::string text = "[";
  for (const std::string& name : list) text += (text.size() > 1 ? ", " : "") + json::quoted(name);
  return text + "]";
}

std::string list_of(AxisMask axes) {
  std::string text = "[";
  for (const int axis : axes) text += fmt::format("{}{}", text.size() > 1 ? ", " : "", axis);
  return text + "]";
}

std::string entry(const PlanScale& scale, const Factor& factor, const PlanOrigin& origin) {
  std::string text = "{";
  if (!origin.rule.empty())
    text += fmt::format("\"rule\": {}, \"region\": {}, ", json::quoted(origin.rule), json::quoted(origin.region));
  text += "\"tensor\": " + json::quoted(scale.tensor);
  if (!scale.made_by.empty()) text += ", \"made_by\": " + json::quoted(scale.made_by);
  if (!scale.copy.empty()) {
    text += fmt::format(", \"copy\": {}, \"read_by\": [", json::quoted(scale.copy));
    for (std::size_t i = 0; i < scale.read_by.size(); ++i)
      text += fmt::format("{}{{\"node\": {}, \"input\": {}}}", i ? ", " : "", json::quoted(scale.read_by[i].node),
                          scale.read_by[i].input);
    text += "]";
  }
  if (!scale.viewed)
    text += fmt::format(", \"axis\": {}", *factor.axes.only());
  else
    text += fmt::format(", \"shape\": {}{}, \"view\": {}, \"axes\": {}", write_shape(scale.edit.shape),
                        scale.was ? ", \"was\": " + write_shape(*scale.was) : "", write_shape(scale.edit.view),
                        list_of(factor.axes));
  return text + (factor.folded ? ", \"folded\": true" : "") + ", \"multiply\": " + numbers(factor.values) + "}";
}

std::string insertion_text(const PlanEdit& edit) {
  std::string text =
      fmt::format("\"insert\": {}, \"op\": {}, \"{}\": {}, \"inputs\": {}, \"outputs\": {}", json::quoted(edit.node),
                  json::quoted(edit.name), edit.at.empty() ? "before" : "at",
                  json::quoted(edit.at.empty() ? edit.before : edit.at), names(edit.inputs), names(edit.outputs));
  if (!edit.attributes.empty()) text += ", \"attributes\": " + attributes_text(edit.node, edit.attributes);
  return text;
}

std::string edit_text(const PlanEdit& edit) {
  const std::string node = json::quoted(edit.node), name = json::quoted(edit.name);
  const auto said = [&]() -> std::string {
    switch (edit.kind) {
      case PlanEdit::Kind::remove:
        return fmt::format("\"remove\": {}{}", node, edit.name.empty() ? "" : ", \"op\": " + name);
      case PlanEdit::Kind::input:
        return fmt::format("\"node\": {}, \"input\": {}, \"reads\": {}", node, edit.slot, name);
      case PlanEdit::Kind::output:
        return fmt::format("\"node\": {}, \"output\": {}, \"gives\": {}", node, edit.slot, name);
      case PlanEdit::Kind::replace:
        return fmt::format("\"replace\": {}, \"by\": {}", node, name);
      case PlanEdit::Kind::insert:
        return insertion_text(edit);
    }
    return {};
  };
  const std::string rule = edit.rule.empty() ? "" : fmt::format("\"rule\": {}, ", json::quoted(edit.rule));
  return "{" + rule + (edit.edit ? fmt::format("\"edit\": {}, ", *edit.edit) : "") + said() + "}";
}

template <typename List, typename Text>
std::string lines(const List& list, Text text) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "\n  " : ",\n  ") + text(each);
  return out + (out.empty() ? "" : "\n");
}

// --- reading

struct Entry {
  std::string rule, region, tensor, made_by, copy, of;
  std::vector<PlanScale::Reader> read_by;
  std::optional<std::int64_t> axis;
  std::optional<std::vector<std::int64_t>> shape, was;
  std::vector<std::int64_t> view, axes;
  std::vector<double> multiply, subtract;
  bool folded = false;

  void take_rule(json::Value& value) { rule = value.string(); }
  void take_region(json::Value& value) { region = value.string(); }
  void take_tensor(json::Value& value) { tensor = value.string(); }
  void take_made_by(json::Value& value) { made_by = value.string(); }
  void take_copy(json::Value& value) { copy = value.string(); }
  void take_of(json::Value& value) { of = value.string(); }
  void take_axis(json::Value& value) { axis = value.integer(); }
  void take_shape(json::Value& value) { value.integers(shape.emplace()); }
  void take_was(json::Value& value) { value.integers(was.emplace()); }
  void take_view(json::Value& value) { value.integers(view); }
  void take_axes(json::Value& value) { value.integers(axes); }
  void take_multiply(json::Value& value) { value.numbers(multiply); }
  void take_subtract(json::Value& value) { value.numbers(subtract); }
  void take_folded(json::Value& value) { folded = value.boolean(); }
  void take_read_by(json::Value& value);
};

struct ReaderEntry {
  PlanScale::Reader reader;
  void take_node(json::Value& value) { reader.node = value.string(); }
  void take_input(json::Value& value) {
    const std::int64_t input = value.integer();
    if (input < 0 || input > 65535) throw value.error("expected an input from 0 to 65535");
    reader.input = static_cast<std::uint32_t>(input);
  }
};
constexpr std::array<json::Key<ReaderEntry>, 2> kReaderKeys = {{
    {"node", true, &ReaderEntry::take_node},
    {"input", true, &ReaderEntry::take_input},
}};

void Entry::take_read_by(json::Value& value) {
  value.array([&](json::Value& each) {
    ReaderEntry entry;
    json::read_keys(each, kReaderKeys, entry);
    read_by.push_back(std::move(entry.reader));
  });
}

constexpr std::array<json::Key<Entry>, 15> kEntryKeys = {{
    {"tensor", true, &Entry::take_tensor},
    {"multiply", true, &Entry::take_multiply},
    {"subtract", false, &Entry::take_subtract},
    {"rule", false, &Entry::take_rule},
    {"region", false, &Entry::take_region},
    {"made_by", false, &Entry::take_made_by},
    {"copy", false, &Entry::take_copy},
    {"of", false, &Entry::take_of},
    {"read_by", false, &Entry::take_read_by},
    {"axis", false, &Entry::take_axis},
    {"shape", false, &Entry::take_shape},
    {"was", false, &Entry::take_was},
    {"view", false, &Entry::take_view},
    {"axes", false, &Entry::take_axes},
    {"folded", false, &Entry::take_folded},
}};

// The elements of a tensor that can be scaled; nothing where it has none, or more than files hold.
std::optional<std::int64_t> scalable_elements(std::span<const std::int64_t> dims) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 48;
  const auto all = product(dims);
  return all && *all > 0 && *all <= kLargest ? all : std::nullopt;
}

struct EditEntry {
  Arena& arena;
  PlanEdit edit = {};
  bool has_remove = false, has_input = false, has_output = false, has_replace = false, has_insert = false;

  static std::uint32_t slot_of(json::Value& value) {
    const std::int64_t slot = value.integer();
    if (slot < 0 || slot > 65535) throw value.error("expected a place from 0 to 65535");
    return static_cast<std::uint32_t>(slot);
  }
  static void take_names(json::Value& value, std::vector<std::string>& list) {
    value.array([&](json::Value& each) { list.emplace_back(each.string()); });
  }
  void take_remove(json::Value& value) { edit.node = value.string(), has_remove = true; }
  void take_node(json::Value& value) { edit.node = value.string(); }
  void take_input(json::Value& value) { edit.slot = slot_of(value), has_input = true; }
  void take_output(json::Value& value) { edit.slot = slot_of(value), has_output = true; }
  void take_name(json::Value& value) { edit.name = value.string(); }
  void take_replace(json::Value& value) { edit.node = value.string(), has_replace = true; }
  void take_insert(json::Value& value) { edit.node = value.string(), has_insert = true; }
  void take_before(json::Value& value) { edit.before = value.string(); }
  void take_at(json::Value& value) { edit.at = value.string(); }
  void take_inputs(json::Value& value) { take_names(value, edit.inputs); }
  void take_outputs(json::Value& value) { take_names(value, edit.outputs); }
  void take_rule(json::Value& value) { edit.rule = value.string(); }
  void take_edit(json::Value& value) {
    const std::int64_t number = value.integer();
    if (number < 0 || number > 4'000'000'000) throw value.error("expected the number of an edit");
    edit.edit = static_cast<std::uint32_t>(number);
  }
  void take_attributes(json::Value& value) {
    std::vector<std::string> captured;
    read_attributes(value, arena, edit.attributes, captured);
    for (const Attribute& each : edit.attributes)
      if (std::holds_alternative<Opaque>(each.value))
        throw value.error(fmt::format("attribute \"{}\": a plan has no place for graphs and types", each.name));
  }

  // What is wrong with it by itself; empty: nothing.
  std::string misfit() const {
    if (has_remove + has_input + has_output + has_replace + has_insert != 1)
      return R"(expected one of "remove", "input", "output", "replace", "insert")";
    if (edit.node.empty()) return "the name of the node is missing";
    const bool may_miss = has_remove || (has_output && edit.edit);
    if (edit.name.empty() && !may_miss) return "the new name is missing";
    if (has_remove && !edit.edit && !edit.name.empty()) return R"("op" of a removed node stands without "edit")";
    if (!edit.edit && (!edit.rule.empty() || !edit.at.empty() || !edit.attributes.empty()))
      return R"("rule", "at" and "attributes" stand without "edit")";
    if (has_insert && edit.before.empty() == edit.at.empty()) return R"(expected one of "before", "at")";
    if (has_insert && edit.outputs.empty()) return "the new node gives nothing";
    return {};
  }
};
constexpr std::array<json::Key<EditEntry>, 17> kEditKeys = {{
    {"rule", false, &EditEntry::take_rule},
    {"edit", false, &EditEntry::take_edit},
    {"at", false, &EditEntry::take_at},
    {"attributes", false, &EditEntry::take_attributes},
    {"remove", false, &EditEntry::take_remove},
    {"node", false, &EditEntry::take_node},
    {"input", false, &EditEntry::take_input},
    {"reads", false, &EditEntry::take_name},
    {"output", false, &EditEntry::take_output},
    {"gives", false, &EditEntry::take_name},
    {"replace", false, &EditEntry::take_replace},
    {"by", false, &EditEntry::take_name},
    {"insert", false, &EditEntry::take_insert},
    {"op", false, &EditEntry::take_name},
    {"before", false, &EditEntry::take_before},
    {"inputs", false, &EditEntry::take_inputs},
    {"outputs", false, &EditEntry::take_outputs},
}};

struct ChecksumEntry {
  PlanChecksum checksum;

  static std::uint32_t digits(json::Value& value) {
    const std::string_view text = value.string();
    std::uint32_t sum = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum, 16);
    if (text.size() != 8 || error != std::errc() || end != text.data() + text.size())
      throw value.error("expected a checksum of eight hexadecimal digits");
    return sum;
  }
  void take_tensor(json::Value& value) { checksum.tensor = value.string(); }
  void take_copy(json::Value& value) { checksum.copy = value.string(); }
  void take_before(json::Value& value) { checksum.before = digits(value); }
  void take_after(json::Value& value) { checksum.after = digits(value); }
};
constexpr std::array<json::Key<ChecksumEntry>, 4> kChecksumKeys = {{
    {"tensor", true, &ChecksumEntry::take_tensor},
    {"copy", false, &ChecksumEntry::take_copy},
    {"before", true, &ChecksumEntry::take_before},
    {"after", true, &ChecksumEntry::take_after},
}};

std::string checksum_text(const PlanChecksum& sum) {
  return fmt::format("{{\"tensor\": {}{}, \"before\": \"{:08x}\", \"after\": \"{:08x}\"}}", json::quoted(sum.tensor),
                     sum.copy.empty() ? "" : ", \"copy\": " + json::quoted(sum.copy), sum.before, sum.after);
}

class PlanReader {
 public:
  explicit PlanReader(PlanFile& plan) : plan_(plan) {}
  void read(std::string_view text) {
    json::Document(text).read([&](json::Value& root) { json::read_keys(root, kKeys, *this); });
  }

 private:
  void take_format(json::Value& value) {
    if (value.string() != kFormat)
      throw value.expected(fmt::format("\"format\" to be \"{}\", as run --plan writes it", kFormat));
  }
  void take_version(json::Value& value) {
    if (value.integer() != 1) throw value.expected("\"version\" to be 1");
  }
  void take_marks(json::Value& value) {
    value.object([&](std::string_view key, json::Value& each) {
      if (key != "before" && key != "after") return each.check();
      const std::string mark(each.string());
      if (!mark.empty() && !is_mark(mark)) throw each.error("expected a mark of 16 hexadecimal digits, or none");
      (key == "before" ? plan_.was_marked : plan_.mark) = mark;
    });
  }
  void take_scales(json::Value& value) {
    value.array([&](json::Value& each) { take_scale(each); });
  }

  // Entries of one constant, or of one copy of it, are its factors.
  void take_scale(json::Value& value) {
    Entry entry;
    json::read_keys(value, kEntryKeys, entry);
    const std::string why = misfit(entry);
    if (!why.empty()) throw value.error(fmt::format("the entry of '{}': {}", entry.tensor, why));
    const auto [found, fresh] = index_.emplace(std::pair(entry.tensor, entry.copy), plan_.scales.size());
    if (fresh)
      plan_.scales.push_back({entry.tensor,
                              entry.made_by,
                              entry.copy,
                              entry.read_by,
                              entry.shape.has_value(),
                              {entry.shape.value_or(std::vector<std::int64_t>()), entry.view, {}},
                              entry.was,
                              {}});
    PlanScale& scale = plan_.scales[found->second];
    if (scale.viewed != entry.shape.has_value() || (entry.shape && scale.edit.shape != *entry.shape) ||
        scale.was != entry.was || scale.edit.view != entry.view)
      throw value.error(fmt::format("the entries of '{}' have different views", entry.tensor));
    Factor factor{.values = std::move(entry.multiply), .folded = entry.folded};
    if (entry.axis) entry.axes = {*entry.axis};
    for (const std::int64_t axis : entry.axes) factor.axes.add(static_cast<std::size_t>(axis));
    scale.edit.factors.push_back(std::move(factor));
    scale.origins.push_back({entry.rule, entry.region});
  }

  // What is wrong with it by itself; empty: nothing.
  static std::string misfit(const Entry& entry) {
    if (entry.tensor.empty()) return "\"tensor\" is empty";
    if (entry.multiply.empty()) return "\"multiply\" is empty";
    if (!entry.subtract.empty()) return "\"subtract\" is said of statistics alone";
    if (!entry.of.empty()) return "\"of\" is said of statistics alone";
    if (entry.copy.empty() && !entry.read_by.empty()) return "\"read_by\" stands without \"copy\"";
    if (!entry.copy.empty() && entry.read_by.empty()) return "\"copy\" stands without \"read_by\"";
    if (entry.axis) {
      if (entry.shape || entry.was || !entry.view.empty() || !entry.axes.empty())
        return "\"axis\" stands beside \"shape\", \"view\" or \"axes\"";
      return *entry.axis < 0 || *entry.axis >= static_cast<std::int64_t>(kMostAxes)
                 ? fmt::format("axis {} is none of 0 to {}", *entry.axis, kMostAxes - 1)
                 : "";
    }
    if (!entry.shape) return "it needs \"axis\", or \"shape\", \"view\" and \"axes\"";
    if (entry.view.size() > kMostAxes || entry.shape->size() > kMostAxes)
      return fmt::format("more than {} dimensions", kMostAxes);
    const auto whole = scalable_elements(*entry.shape), viewed = scalable_elements(entry.view);
    if (!whole || !viewed || *whole != *viewed) return "\"view\" is no factorisation of \"shape\"";
    std::int64_t marked = 1, before = -1;
    for (const std::int64_t axis : entry.axes) {
      if (axis <= before || axis >= static_cast<std::int64_t>(entry.view.size()))
        return "\"axes\": expected axes of \"view\", counted from 0, in order";
      marked *= entry.view[static_cast<std::size_t>(axis)];
      before = axis;
    }
    if (marked != static_cast<std::int64_t>(entry.multiply.size()))
      return fmt::format("\"multiply\" has {} values for {} positions", entry.multiply.size(), marked);
    return {};
  }

  void take_statistics(json::Value& value) {
    value.array([&](json::Value& each) {
      Entry entry;
      json::read_keys(each, kEntryKeys, entry);
      PlanStatistic statistic{.tensor = entry.tensor,
                              .multiply = std::move(entry.multiply),
                              .subtract = std::move(entry.subtract),
                              .of = entry.of};
      if (!statistic.subtract.empty() && statistic.subtract.size() != statistic.multiply.size())
        throw each.error(fmt::format("\"multiply\" has {} values, \"subtract\" {}", statistic.multiply.size(),
                                     statistic.subtract.size()));
      if (entry.axis) {
        if (*entry.axis < 0 || *entry.axis >= static_cast<std::int64_t>(kMostAxes))
          throw each.error(fmt::format("axis {} is none of 0 to {}", *entry.axis, kMostAxes - 1));
        statistic.axis = static_cast<int>(*entry.axis);
      }
      for (const double factor : statistic.multiply)
        if (!(factor > 0)) throw each.error(fmt::format("{}: a scale must be > 0", factor));
      plan_.statistics.push_back(std::move(statistic));
    });
  }

  void take_constants(json::Value& value) {
    value.object([&](std::string_view name, json::Value& each) {
      std::string key(name);
      try {
        plan_.constants.push_back({key, read_tensor(each, *plan_.arena)});
      } catch (const Error& error) {
        throw json::at_place(error, fmt::format("constant '{}'", key));
      }
    });
  }

  void take_edits(json::Value& value) {
    value.array([&](json::Value& each) {
      EditEntry entry{*plan_.arena};
      json::read_keys(each, kEditKeys, entry);
      if (const std::string why = entry.misfit(); !why.empty()) throw each.error(why);
      entry.edit.kind = entry.has_remove    ? PlanEdit::Kind::remove
                        : entry.has_input   ? PlanEdit::Kind::input
                        : entry.has_output  ? PlanEdit::Kind::output
                        : entry.has_replace ? PlanEdit::Kind::replace
                                            : PlanEdit::Kind::insert;
      plan_.edits.push_back(std::move(entry.edit));
    });
  }

  void take_operators(json::Value& value) {
    value.array([&](json::Value& each) { plan_.operators.emplace_back(each.string()); });
  }

  void take_checksums(json::Value& value) {
    plan_.checksums.emplace();
    value.array([&](json::Value& each) {
      ChecksumEntry entry;
      json::read_keys(each, kChecksumKeys, entry);
      plan_.checksums->push_back(std::move(entry.checksum));
    });
  }

  void take_edits_checksum(json::Value& value) { plan_.edits_checksum = ChecksumEntry::digits(value); }

  static const std::array<json::Key<PlanReader>, 10> kKeys;

  PlanFile& plan_;
  std::map<std::pair<std::string, std::string>, std::size_t> index_;
};

const std::array<json::Key<PlanReader>, 10> PlanReader::kKeys = {{
    {"format", true, &PlanReader::take_format},
    {"version", true, &PlanReader::take_version},
    {"marks", false, &PlanReader::take_marks},
    {"scales", true, &PlanReader::take_scales},
    {"statistics", false, &PlanReader::take_statistics},
    {"constants", false, &PlanReader::take_constants},
    {"edits", false, &PlanReader::take_edits},
    {"operators", false, &PlanReader::take_operators},
    {"checksums", false, &PlanReader::take_checksums},
    {"edits_checksum", false, &PlanReader::take_edits_checksum},
}};

std::string graph_text(const PlanFile& plan) {
  return "\"constants\": {" +
         lines(plan.constants,
               [](const PlanConstant& each) {
                 return fmt::format("{}: {}", json::quoted(each.name), write_tensor(each.value));
               }) +
         "},\n\"edits\": [" + lines(plan.edits, edit_text) + "]";
}

}  // namespace

std::string to_json(const PlanFile& plan) {
  std::string scales;
  for (const PlanScale& scale : plan.scales)
    for (std::size_t i = 0; i < scale.edit.factors.size(); ++i)
      scales += (scales.empty() ? "\n  " : ",\n  ") + entry(scale, scale.edit.factors[i], scale.origins[i]);
  std::string text = fmt::format("{{\"format\": \"{}\", \"version\": 1,\n", kFormat);
  if (plan.mark)
    text += fmt::format("\"marks\": {{\"before\": {}, \"after\": {}}},\n", json::quoted(plan.was_marked.value_or("")),
                        json::quoted(*plan.mark));
  if (!plan.operators.empty()) text += "\"operators\": [" + lines(plan.operators, json::quoted) + "],\n";
  text += fmt::format("\"scales\": [{}{}],\n", scales, scales.empty() ? "" : "\n");
  text +=
      "\"statistics\": [" +
      lines(plan.statistics,
            [](const PlanStatistic& each) {
              return fmt::format("{{\"tensor\": {}{}{}{}, \"multiply\": {}}}", json::quoted(each.tensor),
                                 each.of.empty() ? "" : fmt::format(", \"of\": {}", json::quoted(each.of)),
                                 each.axis ? fmt::format(", \"axis\": {}", *each.axis) : "",
                                 each.subtract.empty() ? "" : fmt::format(", \"subtract\": {}", numbers(each.subtract)),
                                 numbers(each.multiply));
            }) +
      "],\n";
  text += graph_text(plan);
  if (plan.checksums) {
    text += ",\n\"checksums\": [" + lines(*plan.checksums, checksum_text) + "]";
    if (plan.edits_graph()) text += fmt::format(",\n\"edits_checksum\": \"{:08x}\"", checksum_of_edits(plan));
  }
  return text + "}\n";
}

std::uint32_t checksum_of_edits(const PlanFile& plan) {
  const std::string text = graph_text(plan);
  return checksum(std::as_bytes(std::span(text.data(), text.size())));
}

PlanFile read_plan(const std::filesystem::path& path) {
  try {
    PlanFile plan{.path = path.string(), .arena = std::make_shared<Arena>()};
    const auto file = MappedFile::open(path);
    PlanReader(plan).read(file->text());
    file->check_intact();
    plan.sources.push_back(file);
    return plan;
  } catch (const Error& error) {
    throw printable(error, path.string());
  } catch (const std::bad_alloc&) {
    throw printable(Error("", "", "there is not enough memory for it"), path.string());
  }
}

}  // namespace rw::graph

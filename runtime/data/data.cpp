#include "runtime/data/data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "dsl/text/spelling.hpp"
#include "graph/base/error.hpp"
#include "graph/base/printable.hpp"
#include "runtime/data/files.hpp"
#include "runtime/data/inputs.hpp"
#include "runtime/data/random.hpp"

namespace rw::data {
namespace {

std::string there_are(std::uint64_t samples) {
  return fmt::format("there {} {}", samples == 1 ? "is" : "are", graph::plural(samples, "sample"));
}

using graph::Error;
using graph::Network;
using graph::TensorId;

constexpr std::uint64_t kMostInBatch = std::uint64_t{1} << 28U;  // elements of an input
constexpr std::uint64_t kLargeBatch = std::uint64_t{1} << 24U;   // beyond it there are fewer samples in a batch
constexpr std::int64_t kRandomSide = 64;                         // of a dimension that nobody knows

std::string in_quotes(std::string_view name) { return fmt::format("'{}'", graph::printable(name)); }

// Samples of an input that a batch takes.
struct Part {
  std::uint64_t first = 0, count = 0;
};

// Batches of one size, the last one perhaps smaller: samples [begin, end) of the counted input.
struct Run {
  std::uint64_t begin = 0, end = 0, size = 1;
  std::uint64_t first_batch = 0;

  std::uint64_t batches() const { return (end - begin + size - 1) / size; }
};

class FileData : public Data {
 public:
  FileData(const Network& network, const Options& options) : network_(network), options_(options) {
    for (const TensorId id : network.inputs()) inputs_.emplace_back(network, id);
    if (inputs_.empty()) throw Error("", "", "the network has no inputs");
    if (options.words.empty())
      draw();
    else
      open();
    plan();
  }

  std::uint64_t samples() const override { return counted().count(); }
  std::size_t batches() const override { return runs_.back().first_batch + runs_.back().batches(); }
  bool random() const override { return options_.words.empty(); }
  const std::vector<std::string>& notes() const override { return notes_; }
  const std::vector<std::filesystem::path>& files() const override { return paths_; }

  Batch read(std::size_t batch) override {
    Batch values;
    for (const Input& input : inputs_) {
      const auto [first, count] = part_of(input, batch);
      values.emplace(input.id(), input.read(first, count));
    }
    return values;
  }

 private:
  // --- finding samples

  void draw() {
    if (options_.random == 0) throw Error("", "", "there is no data: give files, or --random N");
    bool guessed = false;
    for (Input& input : inputs_) {
      if (!input.known())
        throw Error("", fmt::format("input {}", in_quotes(input.tensor().name)),
                    "the model does not say its shape: samples cannot be drawn, give data");
      const bool scalar = input.tensor().shape.rank() == 0;
      evaluator::Dims sample = scalar ? evaluator::Dims() : input.sample();
      for (std::int64_t& dim : sample)
        if (dim < 0) dim = kRandomSide, guessed = true;
      check_size(input, graph::product(sample).value_or(INT64_MAX), input.piece().value_or(1));
      const std::uint64_t count = scalar ? 1 : options_.random * input.piece().value_or(1);
      input.add(random_segment(network_, input.id(), std::move(sample), count, options_.seed));
    }
    if (guessed) notes_.push_back(fmt::format("dimensions that the model does not say are {}", kRandomSide));
  }

  static void check_size(const Input& input, std::uint64_t elements, std::uint64_t samples) {
    if (samples == 0 || elements <= kMostInBatch / samples) return;
    throw Error("", fmt::format("input {}", in_quotes(input.tensor().name)),
                fmt::format("a batch of it has more than {} values", kMostInBatch));
  }

  void open() {
    std::size_t passed_over = 0;
    for (const DataFile& file : data_files(options_.words, passed_over)) {
      paths_.push_back(file.path);
      try {
        add(file, passed_over);
      } catch (const Error& error) {
        throw graph::printable(error, file.path.string());
      }
    }
    for (const Input& input : inputs_) {
      if (!input.note().empty()) notes_.push_back(input.note());
      if (input.empty())
        throw Error("", fmt::format("input {}", in_quotes(input.tensor().name)),
                    fmt::format("there is no data for it: give {}=FILE", graph::printable(input.tensor().name)));
    }
    if (passed_over > 0)
      notes_.push_back(
          fmt::format("{} {} passed over in folders", passed_over, passed_over == 1 ? "file was" : "files were"));
  }

  void add(const DataFile& file, std::size_t& passed_over) {
    switch (file.kind) {
      case FileKind::npy:
        return input_for(file, file.path.stem().string()).add(open_npy(file.path).array);
      case FileKind::image:
        return input_for(file, file.path.stem().string()).add_image(file.path, options_.images);
      case FileKind::tensor: {
        NamedArray tensor = open_tensor(file.path);
        if (Input* input = input_of_tensor(file, tensor.name)) return input->add(std::move(tensor.array));
        ++passed_over;
        return;
      }
      case FileKind::npz:
        return add_members(file);
    }
  }

  Input* find(std::string_view name) {
    const auto id = network_.find(name);
    const auto found =
        std::find_if(inputs_.begin(), inputs_.end(), [&](const Input& each) { return id && each.id() == *id; });
    return found == inputs_.end() ? nullptr : &*found;
  }

  std::vector<std::string_view> names() const {
    std::vector<std::string_view> all;
    for (const Input& input : inputs_) all.push_back(input.tensor().name);
    return all;
  }

  std::string all_names() const {
    std::string text;
    for (const Input& input : inputs_) text += (text.empty() ? "" : ", ") + in_quotes(input.tensor().name);
    return text;
  }

  Error unknown(std::string_view name) const {
    std::string hint = dsl::did_you_mean(name, names());
    if (hint.empty()) hint = fmt::format("its inputs are {}", all_names());
    return {"", "", fmt::format("the network has no input {}: {}", in_quotes(name), hint)};
  }

  Input& named(std::string_view name) {
    if (Input* input = find(name)) return *input;
    throw unknown(name);
  }

  // The input that the word names, or that the file is called after, or the only one.
  Input& input_for(const DataFile& file, const std::string& stem) {
    if (!file.input.empty()) return named(file.input);
    if (inputs_.size() == 1) return inputs_[0];
    if (Input* input = find(stem)) return *input;
    throw Error("", "",
                fmt::format("the network has several inputs ({}): say which it is for, as in {}={}", all_names(),
                            graph::printable(inputs_[0].tensor().name), graph::printable(file.path.string())));
  }

  // Test data of ONNX: files input_0.pb, output_0.pb, whose tensors have names. Null: it is an output.
  Input* input_of_tensor(const DataFile& file, const std::string& name) {
    if (!file.input.empty()) return &named(file.input);
    if (Input* input = find(name)) return input;
    const std::string stem = file.path.stem().string();
    constexpr std::string_view kInput = "input_", kOutput = "output_";
    std::size_t index = 0;
    if (stem.starts_with(kInput)) {
      const auto [end, error] = std::from_chars(stem.data() + kInput.size(), stem.data() + stem.size(), index);
      if (error == std::errc{} && end == stem.data() + stem.size() && index < inputs_.size()) return &inputs_[index];
    }
    const auto id = network_.find(name);
    const bool output = id && *id != graph::kNone && network_.tensor(*id).is_output;
    if (file.in_folder && (output || stem.starts_with(kOutput))) return nullptr;
    if (!name.empty() && inputs_.size() > 1) throw unknown(name);
    return &input_for(file, stem);
  }

  // Members by the names of inputs; a single one, or arr_0, arr_1 as numpy.savez calls what has no names, by position.
  void add_members(const DataFile& file) {
    std::vector<NamedArray> members = open_npz(file.path);
    if (!file.input.empty()) {
      if (members.size() != 1)
        throw Error(
            "", "",
            fmt::format("it holds {} arrays: expected one for input {}", members.size(), in_quotes(file.input)));
      return named(file.input).add(std::move(members[0].array));
    }
    const bool single = members.size() == 1 && inputs_.size() == 1;
    for (NamedArray& member : members) {
      Input* input = find(member.name);
      if (!input && single) input = &inputs_[0];
      if (!input)
        for (std::size_t i = 0; i < inputs_.size(); ++i)
          if (member.name == fmt::format("arr_{}", i)) input = &inputs_[i];
      if (!input) throw unknown(member.name);
      input->add(std::move(member.array));
    }
  }

  // --- batches

  // The input that says how many batches there are: one of a fixed size, else the first with an axis of samples.
  const Input& counted() const {
    const Input* found = nullptr;
    for (const Input& input : inputs_) {
      if (is_scalar(input)) continue;
      if (input.piece()) return input;
      if (!found) found = &input;
    }
    return found ? *found : inputs_[0];
  }

  static bool is_scalar(const Input& input) {
    return input.scalar() || (input.known() && input.tensor().shape.rank() == 0);
  }

  void plan() {
    const Input& first = counted();
    if (is_scalar(first)) {
      runs_ = {{0, 1, 1, 0}};
    } else if (const auto piece = first.piece()) {
      plan_pieces(first, *piece);
    } else {
      plan_free(first);
    }
  }

  // Some input has a fixed first dimension, and those without one are divided into as many pieces.
  void plan_pieces(const Input& first, std::uint64_t piece) {
    const std::uint64_t pieces = first.count() / std::max<std::uint64_t>(piece, 1);
    for (const Input& input : inputs_) {
      if (is_scalar(input)) continue;
      const std::string place = fmt::format("input {}", in_quotes(input.tensor().name));
      const std::uint64_t own =
          input.piece().value_or(pieces == 0 ? 1 : std::max<std::uint64_t>(input.count() / pieces, 1));
      if (own == 0)
        throw Error("", place,
                    fmt::format("the model fixes its shape {}, which has no values", to_string(input.tensor().shape)));
      check_size(input, input.largest(), own);
      if (input.count() % own != 0)
        throw Error("", place,
                    fmt::format("{}, and the model takes {} at a time: {} left over; give a multiple of {}",
                                there_are(input.count()), own, input.count() % own, own));
      if (input.count() / own != pieces)
        throw Error("", place,
                    fmt::format("there are {} batches of {} for it, and {} of {} for input {}", input.count() / own,
                                own, pieces, piece, in_quotes(first.tensor().name)));
      for (const std::uint64_t cut : input.cuts())
        if (cut % own != 0)
          throw Error("", place,
                      fmt::format("sample {} has another shape than the one before, in one batch of {}", cut, own));
    }
    runs_ = {{0, pieces * piece, piece, 0}};
  }

  void plan_free(const Input& first) {
    std::set<std::uint64_t> cuts;
    std::uint64_t largest = 1;
    for (const Input& input : inputs_) {
      if (is_scalar(input)) continue;
      if (input.count() != first.count())
        throw Error("", fmt::format("input {}", in_quotes(input.tensor().name)),
                    fmt::format("{} for it, and {} for input {}: as many are wanted", there_are(input.count()),
                                first.count(), in_quotes(first.tensor().name)));
      cuts.insert(input.cuts().begin(), input.cuts().end());
      largest = std::max(largest, input.largest());
      check_size(input, input.largest(), 1);
    }
    const std::uint64_t most =
        std::clamp<std::uint64_t>(kLargeBatch / largest, 1, std::max<std::size_t>(options_.batch, 1));
    Run run{.size = most};
    for (const std::uint64_t cut : cuts) {
      run.end = cut;
      runs_.push_back(run);
      run.first_batch += run.batches();
      run.begin = cut;
    }
  }

  Part part_of(const Input& input, std::size_t batch) const {
    if (is_scalar(input)) return {0, 1};
    if (counted().piece()) {
      const std::uint64_t own = input.count() / batches();
      return {batch * own, own};
    }
    const auto behind = std::upper_bound(runs_.begin(), runs_.end(), batch,
                                         [](std::size_t number, const Run& run) { return number < run.first_batch; });
    const Run& run = *std::prev(behind);
    const std::uint64_t begin = run.begin + (batch - run.first_batch) * run.size;
    return {begin, std::min(run.size, run.end - begin)};
  }

  const Network& network_;
  Options options_;
  std::vector<Input> inputs_;
  std::vector<Run> runs_;  // at least one
  std::vector<std::string> notes_;
  std::vector<std::filesystem::path> paths_;
};

}  // namespace

std::unique_ptr<Data> open(const Network& network, const Options& options) {
  return std::make_unique<FileData>(network, options);
}

}  // namespace rw::data

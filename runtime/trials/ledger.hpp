// Trials of the edits of one run: each kind of edit once for its constants, within bounds of time and memory.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/trials/trial.hpp"

namespace rw::trials {

struct Limits {
  double seconds = 2;                  // of the processor, of all trials together
  double bytes = 256.0 * 1024 * 1024;  // of the tensors of one trial
  double work = 2e8;                   // multiplications of one trial
};

struct Tried {
  enum class Form : std::uint8_t { agrees, differs, not_tried } form = Form::not_tried;
  bool bit_exact = false;
  double difference = 0;
  std::string why;  // not_tried
  patterns::TensorId tensor = patterns::kNone;
};

class Ledger {
 public:
  explicit Ledger(Limits limits) : limits_(limits) {}

  // Borrows all. Numbers that the rule names: values are drawn around them.
  Tried judge(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
              std::span<const patterns::Outside> outside, std::span<const double> bounds);

 private:
  Tried run_once(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
                 std::span<const patterns::Outside> outside, std::span<const double> bounds);
  Tried with_shapes(const patterns::View& view, const patterns::Match& match, const patterns::Replacement& replacement,
                    std::span<const patterns::Outside> shapes, std::span<const double> bounds);

  Limits limits_;
  double seconds_ = 0;
  std::map<std::string, Tried> known_;  // by all that the verdict depends on, but for the draws
};

// The numbers that a rule names, and 0.
std::vector<double> bounds_of(const dsl::Pattern& pattern, std::span<const double> params);

}  // namespace rw::trials

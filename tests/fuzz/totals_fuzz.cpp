// Any bytes as a file of counted statistics: what is read of it adds up with itself, and is read back as it is written.
#include "graph/base/error.hpp"
#include "runtime/calibrate/merge.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  calibrate::Totals totals;
  try {
    totals = calibrate::read_totals(fuzz::scratch_file("t.json", fuzz::text_of(data, size)));
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
    return 0;
  }
  const std::filesystem::path names[] = {"a", "b"};
  const calibrate::Totals both[] = {totals, totals};
  const calibrate::Totals sum = calibrate::add_up(both, names);
  const std::string text = calibrate::statistics_text(sum, {50});
  const calibrate::Totals again = calibrate::read_totals(fuzz::scratch_file("t.json", text));
  for (const auto& [name, tensor] : sum.tensors)
    if (again.tensors.at(name).count != tensor.count) __builtin_trap();
  return 0;
}

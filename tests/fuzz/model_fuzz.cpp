// Any bytes as model.json: an error, or a network that is written back and read again.
#include "graph/base/error.hpp"
#include "graph/model.hpp"
#include "tests/fuzz/scratch.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rw;
  try {
    const graph::Model model = graph::read_model(fuzz::scratch_file("m.json", fuzz::text_of(data, size)));
    graph::write_model(model, {}, "unused.json", true);
  } catch (const graph::Error& error) {
    if (error.message.empty()) __builtin_trap();
  }
  return 0;
}

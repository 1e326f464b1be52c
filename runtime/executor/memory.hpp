// Where activations lie while a network runs.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace rw::executor {

// Gives out memory for tensors that live for a part of a run. The first run notes how long each block lives; from then
// on the blocks of all runs lie in one piece, in which blocks that do not live at the same time share their place.
class Memory {
 public:
  Memory();
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  // At least `bytes`, at a multiple of 64 bytes; free again when the last copy of the pointer goes.
  std::shared_ptr<float> get(std::size_t bytes);

  void begin();   // of a run; blocks of the run before may live on, and keep their place
  void end();     // of a run: if it was noted, the next one is planned by it
  void forget();  // the next run is noted: it has other shapes

  std::size_t bytes() const;  // of the piece; 0: there is none yet

 private:
  struct State;
  std::shared_ptr<State> state_;  // lives as long as the last block
};

// The places of blocks that live from `begin` to `end`: none overlaps with one that lives at the same time.
struct Span {
  std::size_t bytes = 0, begin = 0, end = 0;
};
struct Places {
  std::vector<std::size_t> offsets;
  std::size_t bytes = 0;  // of the whole
};
Places place(const std::vector<Span>& blocks);

}  // namespace rw::executor

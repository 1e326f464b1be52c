#include "runtime/executor/memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <new>
#include <numeric>

namespace rw::executor {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kPages = std::size_t{64} << 10U;  // from here on a block has pages of its own, which go with it

// With a vector's width behind it, which a kernel may read without need.
std::size_t rounded(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment + kAlignment; }

void* take(std::size_t bytes) {  // null: there is none
  if (bytes < kPages) return std::aligned_alloc(kAlignment, bytes);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

void give_back(void* memory, std::size_t bytes) {
  if (memory == nullptr) return;
  if (bytes < kPages)
    std::free(memory);
  else
    munmap(memory, bytes);
}

// Where assertions are checked, memory begins as no numbers: a kernel that reads what nobody wrote gives such.
void* unwritten(void* memory, [[maybe_unused]] std::size_t bytes) {
#ifndef NDEBUG
  std::fill_n(static_cast<float*>(memory), bytes / sizeof(float), std::numeric_limits<float>::quiet_NaN());
#endif
  return memory;
}

}  // namespace

struct Memory::State {
  std::vector<Span> noted;  // in the order in which they were asked for
  Places places;            // of `noted`; no offsets: the run is being noted
  std::byte* piece = nullptr;
  std::size_t asked = 0, time = 0;
  std::map<std::size_t, std::size_t> taken;  // of the piece: offset to bytes

  ~State() { give_back(piece, places.bytes); }

  bool planned() const { return piece != nullptr; }

  // Whether a part of the piece is free, whatever was planned: a run may go other ways than the one before.
  bool free(std::size_t offset, std::size_t bytes) const {
    const auto behind = taken.lower_bound(offset);
    if (behind != taken.end() && behind->first < offset + bytes) return false;
    return behind == taken.begin() || std::prev(behind)->first + std::prev(behind)->second <= offset;
  }
};

Memory::Memory() : state_(std::make_shared<State>()) {}
Memory::~Memory() = default;

std::shared_ptr<float> Memory::get(std::size_t bytes) {
  bytes = rounded(bytes);
  const std::shared_ptr<State>& state = state_;
  const std::size_t number = state->asked++;
  if (state->planned() && number < state->noted.size() && bytes <= state->noted[number].bytes) {
    const std::size_t offset = state->places.offsets[number];
    if (state->free(offset, bytes)) {
      state->taken.emplace(offset, bytes);
      return {static_cast<float*>(unwritten(state->piece + offset, bytes)),
              [state, offset](float*) { state->taken.erase(offset); }};
    }
  }
  auto* memory = static_cast<float*>(take(bytes));
  if (memory == nullptr) throw std::bad_alloc();
  unwritten(memory, bytes);
  const bool note = !state->planned();
  if (note) state->noted.push_back({bytes, state->time++, SIZE_MAX});
  return {memory, [state, bytes, number, note](float* block) {
            if (note && !state->planned() && number < state->noted.size()) state->noted[number].end = state->time++;
            give_back(block, bytes);
          }};
}

void Memory::begin() {
  state_->asked = 0;
  if (!state_->planned()) state_->noted.clear();  // of a run that did not end
}

void Memory::end() {
  if (state_->planned() || state_->noted.empty()) return;
  state_->places = place(state_->noted);
  state_->piece = static_cast<std::byte*>(take(state_->places.bytes));  // null: then each block by itself, as before
  malloc_trim(0);                                                       // what was copied while kernels were made
}

std::size_t Memory::bytes() const { return state_->planned() ? state_->places.bytes : 0; }

void Memory::forget() { state_ = std::make_shared<State>(); }

Places place(const std::vector<Span>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  Places places{std::vector<std::size_t>(blocks.size()), 0};
  std::vector<std::size_t> placed;        // by offset
  for (const std::size_t each : order) {  // the lowest gap that is free all the time that it lives
    std::size_t offset = 0;
    for (const std::size_t other : placed) {
      if (blocks[other].end <= blocks[each].begin || blocks[each].end <= blocks[other].begin) continue;
      if (places.offsets[other] >= offset + blocks[each].bytes) break;
      offset = std::max(offset, places.offsets[other] + blocks[other].bytes);
    }
    places.offsets[each] = offset;
    places.bytes = std::max(places.bytes, offset + blocks[each].bytes);
    placed.insert(std::upper_bound(placed.begin(), placed.end(), each,
                                   [&](std::size_t a, std::size_t b) { return places.offsets[a] < places.offsets[b]; }),
                  each);
  }
  return places;
}

}  // namespace rw::executor

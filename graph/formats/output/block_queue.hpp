// Blocks of a file that several threads work off. Each does a block from beginning to end, so that what one computes
// and what the system copies for another take their time side by side, and bytes stay in the cache of one core.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "graph/base/earliest_failure.hpp"
#include "graph/formats/output/block.hpp"

namespace rw::graph {

class BlockQueue {
 public:
  // Called by several threads at once, each with a buffer of Block::kMost bytes of its own.
  using Work = std::function<void(const Block&, std::span<std::byte> buffer)>;

  // `threads`, the one that gives among them: 1 works at once on what it gives. Fewer where the system has none.
  BlockQueue(unsigned threads, Work work);
  ~BlockQueue();  // waits for what has begun; what has not is dropped
  BlockQueue(const BlockQueue&) = delete;
  BlockQueue& operator=(const BlockQueue&) = delete;

  // Blocks are begun in the order in which they are given. Works, too, where the other threads have enough to do.
  // Throws what the work on the earliest of the blocks has thrown that failed; then nothing more is begun.
  void give(Block block);
  void wait();  // until all are done. Throws as give()

 private:
  using Buffer = std::unique_ptr<std::byte[]>;

  void help();
  void work_on_next(std::unique_lock<std::mutex>& lock, Buffer& buffer);
  void check(std::unique_lock<std::mutex>& lock);

  Work work_;
  std::mutex mutex_;
  std::condition_variable given_, done_;
  std::deque<Block> waiting_;
  std::size_t begun_ = 0;  // blocks
  std::size_t under_way_ = 0;
  bool ends_ = false;
  EarliestFailure failure_;
  Buffer buffer_;                      // of who gives
  std::vector<std::jthread> helpers_;  // last: they begin when all else is there
};

}  // namespace rw::graph

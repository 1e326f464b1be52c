#include "graph/formats/output/block_queue.hpp"

#include <system_error>
#include <utility>

namespace rw::graph {

BlockQueue::BlockQueue(unsigned threads, Work work) : work_(std::move(work)) {
  try {
    while (helpers_.size() + 1 < threads) helpers_.emplace_back([this] { help(); });
  } catch (const std::system_error&) {
    // The system has no more to give: those that there are do it all.
  }
}

BlockQueue::~BlockQueue() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.clear();
    ends_ = true;
  }
  given_.notify_all();
  helpers_.clear();
}

void BlockQueue::give(Block block) {
  std::unique_lock lock(mutex_);
  check(lock);
  waiting_.push_back(std::move(block));
  given_.notify_one();
  while (waiting_.size() > helpers_.size()) work_on_next(lock, buffer_);
  check(lock);
}

void BlockQueue::wait() {
  std::unique_lock lock(mutex_);
  while (!waiting_.empty()) work_on_next(lock, buffer_);
  done_.wait(lock, [&] { return under_way_ == 0; });
  check(lock);
}

void BlockQueue::help() {
  Buffer buffer;
  std::unique_lock lock(mutex_);
  while (true) {
    given_.wait(lock, [&] { return !waiting_.empty() || ends_; });
    if (waiting_.empty()) return;
    work_on_next(lock, buffer);
  }
}

void BlockQueue::work_on_next(std::unique_lock<std::mutex>& lock, Buffer& buffer) {
  const Block block = std::move(waiting_.front());
  waiting_.pop_front();
  const std::size_t number = begun_++;
  ++under_way_;
  lock.unlock();
  std::exception_ptr error;
  try {
    // What a file does not need of it is never touched.
    if (!buffer) buffer = std::make_unique_for_overwrite<std::byte[]>(Block::kMost);
    work_(block, std::span(buffer.get(), Block::kMost));
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error) {
    failure_.note(number, std::move(error));
    waiting_.clear();
  }
  if (--under_way_ == 0) done_.notify_all();
}

void BlockQueue::check(std::unique_lock<std::mutex>& lock) {
  if (!failure_) return;
  done_.wait(lock, [&] { return under_way_ == 0; });
  failure_.rethrow();
}

}  // namespace rw::graph

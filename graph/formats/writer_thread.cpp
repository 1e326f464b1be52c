#include "graph/formats/writer_thread.hpp"

#include <utility>

namespace rw::graph {

WriterThread::WriterThread(Write write) : write_(std::move(write)), thread_([this] { work(); }) {}

WriterThread::~WriterThread() {
  const std::lock_guard lock(mutex_);
  ends_ = true;
  changed_.notify_all();
}

void WriterThread::give(std::vector<std::byte>& buffer, std::size_t used) {
  std::unique_lock lock(mutex_);
  wait(lock);
  if (used == 0) return;
  full_.resize(buffer.size());
  full_.swap(buffer);
  used_ = used;
  changed_.notify_all();
}

void WriterThread::wait() {
  std::unique_lock lock(mutex_);
  wait(lock);
}

void WriterThread::wait(std::unique_lock<std::mutex>& lock) {
  changed_.wait(lock, [&] { return used_ == 0; });
  if (error_) std::rethrow_exception(error_);
}

void WriterThread::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return used_ > 0 || ends_; });
    if (used_ == 0) return;
    lock.unlock();
    std::exception_ptr error;
    try {
      write_(std::span(full_).first(used_));
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    used_ = 0;
    error_ = error;
    changed_.notify_all();
  }
}

}  // namespace rw::graph

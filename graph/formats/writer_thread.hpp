// Writes full buffers while the next one is filled: what is read and computed for a file, and what the system copies of
// it, take their time side by side. Bytes go out in the order in which they were given.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace rw::graph {

class WriterThread {
 public:
  using Write = std::function<void(std::span<const std::byte>)>;

  // Starts the thread, which calls `write`. std::system_error: there is no thread to be had.
  explicit WriterThread(Write write);
  ~WriterThread();  // waits for what was given
  WriterThread(const WriterThread&) = delete;
  WriterThread& operator=(const WriterThread&) = delete;

  // Takes the first `used` bytes of `buffer` and leaves another buffer of the same size there, once what was given
  // before is written. Throws what `write` has thrown; then nothing more is written.
  void give(std::vector<std::byte>& buffer, std::size_t used);
  void wait();  // until everything is written. Throws as give()

 private:
  void work();
  void wait(std::unique_lock<std::mutex>& lock);

  Write write_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::byte> full_;  // the thread's while used_ > 0
  std::size_t used_ = 0;
  bool ends_ = false;
  std::exception_ptr error_;
  std::jthread thread_;  // last: it begins when all else is there
};

}  // namespace rw::graph

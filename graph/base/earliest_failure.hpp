// Keeps, of the exceptions that pieces of work throw on several threads, the exception of the earliest piece, so that
// the result does not depend on which thread was faster. It has no lock of its own: threads that share it must lock it.
#pragma once

#include <cstddef>
#include <exception>
#include <utility>

namespace rw::graph {

class EarliestFailure {
 public:
  // Pieces begin in order, so that every earlier one is under way and can still take the place of this one.
  void note(std::size_t piece, std::exception_ptr error) {
    if (error_ && piece_ < piece) return;
    piece_ = piece;
    error_ = std::move(error);
  }
  explicit operator bool() const { return error_ != nullptr; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::size_t piece_ = 0;
  std::exception_ptr error_;
};

}  // namespace rw::graph

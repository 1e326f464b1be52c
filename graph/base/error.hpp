// A mistake in what the user gave us: which file, where in it, and what is wrong or would be right.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace rw::graph {

// what() reads "file: place: message"; file and place may be empty.
class Error : public std::runtime_error {
 public:
  Error(std::string in_file, std::string at_place, std::string what_is_wrong)
      : std::runtime_error(join(in_file, at_place, what_is_wrong)),
        file(std::move(in_file)),
        place(std::move(at_place)),
        message(std::move(what_is_wrong)) {}

  std::string file;      // path as the user wrote it
  std::string place;     // "node 'conv1'", "tensor 'w'", "line 7, column 3"
  std::string message;   // without trailing period
  bool missing = false;  // a file to be read is not there: whoever tells it may know one that is meant

 private:
  static std::string join(const std::string& in_file, const std::string& at_place, const std::string& what_is_wrong) {
    std::string text = in_file;
    if (!text.empty()) text += ": ";
    text += at_place;
    if (!at_place.empty()) text += ": ";
    return text + what_is_wrong;
  }
};

inline Error missing_file(std::string file, std::string message = "there is no such file") {
  Error error(std::move(file), "", std::move(message));
  error.missing = true;
  return error;
}

}  // namespace rw::graph

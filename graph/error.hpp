// A mistake in what the user gave us: which file, where in it, and what is wrong or would be right.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace rw::graph {

// what() reads "file: place: message"; file and place may be empty.
class Error : public std::runtime_error {
 public:
  Error(std::string file, std::string place, std::string message)
      : std::runtime_error(join(file, place, message)),
        file(std::move(file)),
        place(std::move(place)),
        message(std::move(message)) {}

  std::string file;     // path as the user wrote it
  std::string place;    // "node 'conv1'", "tensor 'w'", "line 7, column 3"
  std::string message;  // without trailing period

 private:
  static std::string join(const std::string& file, const std::string& place, const std::string& message) {
    std::string text = file;
    if (!text.empty()) text += ": ";
    text += place;
    if (!place.empty()) text += ": ";
    return text + message;
  }
};

}  // namespace rw::graph

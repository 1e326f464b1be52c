#include "tests/docs/manual.hpp"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <stdexcept>

#include "tests/support/paths.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

Manual::Manual(const std::string& path) : path_(path), text_(read_file(source_path(path))) {
  std::istringstream lines(text_);
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const bool mark = line.starts_with("```");
    if (mark && !inside)
      fences_.push_back({line.substr(3), "", number});
    else if (inside && !mark)
      fences_.back().text += line + '\n';
    else
      prose_.push_back(line);
    inside = inside != mark;
  }
  if (inside) throw std::runtime_error(path + ": a fence has no end");
}

std::vector<Fence> Manual::fences(std::string_view info) const {
  std::vector<Fence> found;
  for (const Fence& fence : fences_)
    if (fence.info == info) found.push_back(fence);
  return found;
}

const Fence& Manual::fence(std::string_view info) const {
  const auto is = [&](const Fence& fence) { return fence.info == info; };
  if (std::count_if(fences_.begin(), fences_.end(), is) != 1)
    throw std::runtime_error("not one fence with the info string " + std::string(info));
  return *std::find_if(fences_.begin(), fences_.end(), is);
}

std::vector<std::string> Manual::words(std::string_view heading) const {
  std::vector<std::string> found;
  bool wanted = false;
  for (const std::string& line : prose_) {
    if (!line.starts_with("| ")) {
      wanted = false;
      continue;
    }
    const std::string cell = line.substr(2, line.find(" |", 2) - 2);
    wanted = wanted || cell == heading;
    if (!wanted) continue;
    for (std::string& each : in_backquotes(cell)) found.push_back(std::move(each));
  }
  return found;
}

std::vector<std::string> Manual::links() const {
  std::vector<std::string> found;
  for (const std::string& line : prose_)
    for (std::size_t at = 0; (at = line.find("](", at)) != std::string::npos; ++at)
      found.push_back(line.substr(at + 2, line.find(')', at) - at - 2));
  return found;
}

// As GitHub makes them: small letters, signs left out, spaces as hyphens.
std::set<std::string> Manual::anchors() const {
  std::set<std::string> found;
  for (const std::string& line : prose_) {
    if (!line.starts_with("#")) continue;
    std::string anchor;
    for (const char c : line.substr(line.find(' ') + 1)) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == ' ' || c == '-')
        anchor += '-';
      else if (std::isalnum(byte) || c == '_')
        anchor += static_cast<char>(std::tolower(byte));
    }
    found.insert(anchor);
  }
  return found;
}

std::vector<std::string> Manual::code() const {
  std::vector<std::string> found;
  for (const std::string& line : prose_)
    for (std::string& each : in_backquotes(line)) found.push_back(std::move(each));
  return found;
}

bool Manual::quotes(std::string_view word) const {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
  for (const std::string& text : code())
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string::npos; ++at) {
      const std::size_t end = at + word.size();
      if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
    }
  return false;
}

std::string first_word(std::string_view text) {
  const auto end = std::find_if(text.begin(), text.end(),
                                [](char c) { return !std::isalnum(static_cast<unsigned char>(c)) && c != '_'; });
  return {text.begin(), end};
}

std::vector<std::string> in_backquotes(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t begin = text.find('`'); begin != std::string_view::npos;) {
    const std::size_t end = text.find('`', begin + 1);
    if (end == std::string_view::npos) break;
    found.emplace_back(text.substr(begin + 1, end - begin - 1));
    begin = text.find('`', end + 1);
  }
  return found;
}

}  // namespace rw::test

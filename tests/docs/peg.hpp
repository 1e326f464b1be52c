// A parsing expression grammar in the notation of docs/language.md, carried out as it is written:
//
//   name <- expression      'text'  [a-z]  [^"]  .  name  ( )  a b  a / b  a? a* a+  &a  !a
//
// Rules whose names are written in capitals read character by character. Between the words of all others may stand
// spaces, line breaks and comments, and a word of letters ends where no letter, digit or '_' follows.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace rw::test {

class Peg {
 public:
  struct Expression;

  // Throws std::runtime_error where `text` is no grammar, or a rule is missing or never used.
  explicit Peg(std::string_view text);
  ~Peg();

  // Whether the first rule reads all of `input`.
  bool accepts(std::string_view input) const;
  // Everything that stands between '' and is no single character.
  std::set<std::string> words() const;

 private:
  std::string first_;
  std::map<std::string, std::unique_ptr<Expression>> rules_;
};

}  // namespace rw::test

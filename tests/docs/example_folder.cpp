#include "tests/docs/example_folder.hpp"

#include <cstring>
#include <sstream>
#include <vector>

#include "tests/docs/manual.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

ExampleFolder::ExampleFolder() {
  const Manual formats("docs/formats.md");
  for (const char* name : {"tiny.json", "nested.json", "block.json", "ranges.json"})
    write_file(folder_ / name, formats.fence(std::string("json ") + name).text);
  write_file(folder_ / "pair.dsl", formats.fence("dsl pair.dsl").text);
  // The manual tells its header, and says that 2 and 3 stand behind it.
  std::string header = formats.fence("json tiny.safetensors").text;
  header.pop_back();  // the line break
  std::string weights(8, '\0');
  weights[0] = static_cast<char>(header.size());
  weights += header;
  for (const float value : {2.0F, 3.0F}) {
    char bytes[sizeof(float)];
    std::memcpy(bytes, &value, sizeof bytes);
    weights.append(bytes, sizeof bytes);
  }
  write_file(folder_ / "tiny.safetensors", weights);
}

void ExampleFolder::run(std::string_view command) const {
  REQUIRE(command.starts_with("rewrite-engine "));
  std::vector<std::string> words;
  std::istringstream line{std::string(command.substr(command.find(' ') + 1))};
  for (std::string word; line >> word;) words.push_back(word);
  const Outcome outcome = run_engine(words, {.folder = folder_.path()});
  INFO(command << '\n' << outcome.err);
  REQUIRE(outcome.status == 0);
}

}  // namespace rw::test

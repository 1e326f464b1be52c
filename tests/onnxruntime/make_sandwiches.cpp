// Writes the operators of the sandwich tests, each between two layers, for ONNX Runtime: FOLDER/OPERATOR.SEED.json and
// the rule files that scale them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/everything.hpp"
#include "tests/support/sandwich.hpp"

int main(int argc, char** argv) {
  if (argc != 3) return std::fputs("usage: make_sandwiches FOLDER DRAWS\n", stderr), 2;
  using namespace rw::test;
  const std::filesystem::path folder = argv[1];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const auto rules = [&](const char* name, const std::string& text) { std::ofstream(folder / name) << text; };
  rules("powers.dsl", scale_everything(kPowers));
  rules("any.dsl", scale_everything(kAnyScale));
  rules("nothing.dsl", "# Leaves everything as it is.\n");
  for (const std::string& op : sandwich_operators())
    for (std::uint64_t seed = 1; seed <= std::strtoull(argv[2], nullptr, 10); ++seed)
      if (const auto sandwich = make_sandwich(op, seed))
        sandwich->net->save(folder, op.substr(op.rfind(':') + 1) + "." + std::to_string(seed));
}

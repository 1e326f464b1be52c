#include "tests/calibrate/measured.hpp"

#include "tests/samples/saved.hpp"

namespace rw::test {

Small::Small() {
  const std::string x = net.input("x", {1, 3, 8, 8});
  const std::string a = net.conv("a", x, 6, {.spread = 4});
  const std::string b = net.conv("b", net.relu("r", a), 4);
  net.output(net.gemm("g", net.op("Flatten", "f", {b}), 5));
  model = net.save(folder.path(), "m");
  std::string text = read_file(model);
  const std::string fixed = "[1, 3, 8, 8]";
  if (const std::size_t at = text.find(fixed); at != text.npos) text.replace(at, fixed.size(), "[-1, 3, 8, 8]");
  write_file(model, text);
}

std::filesystem::path Small::samples(const std::string& name, std::size_t first, std::size_t count) const {
  std::vector<float> values;
  for (std::size_t i = first; i < first + count; ++i) {
    const Array each = sample(i);
    values.insert(values.end(), each.floats().begin(), each.floats().end());
  }
  write_file(folder / name, npy_text("<f4", {static_cast<std::int64_t>(count), 3, 8, 8}, bytes_of(values)));
  return folder / name;
}

Outcome run_in(const TemporaryFolder& folder, const std::vector<std::string>& words) {
  return run_engine(words, {.folder = folder.path()});
}

}  // namespace rw::test

#include "tests/samples/inputs.hpp"

#include "graph/base/error.hpp"
#include "graph/builder.hpp"
#include "tests/support/catch.hpp"

namespace rw::test {

graph::Network network_of(const std::vector<InputOf>& inputs) {
  graph::NetworkBuilder builder;
  for (const InputOf& each : inputs) {
    const graph::TensorId in = builder.tensor(each.name), out = builder.tensor(each.name + "'");
    builder.describe(in, each.dtype, graph::Shape(builder.arena().store(std::span<const std::int64_t>(each.shape))));
    builder.input(in);
    builder.add("Identity", "", std::span(&in, 1), std::span(&out, 1), {});
    builder.output(out);
  }
  return builder.finish();
}

std::string Fed::save(const std::string& name, const std::string& content) {
  const std::filesystem::path path = folder_ / name;
  std::filesystem::create_directories(path.parent_path());
  write_file(path, content);
  return path.string();
}

std::vector<std::map<std::string, evaluator::Array>> Fed::batches(const data::Options& options) const {
  const auto data = open(options);
  std::vector<std::map<std::string, evaluator::Array>> all;
  for (std::size_t i = 0; i < data->batches(); ++i) {
    all.emplace_back();
    for (auto& [id, array] : data->read(i)) all.back().emplace(network_.tensor(id).name, std::move(array));
  }
  return all;
}

std::string Fed::error(const data::Options& options) const {
  try {
    batches(options);
  } catch (const graph::Error& error) {
    std::string text = error.what();
    for (std::size_t at; (at = text.find(folder() + "/")) != text.npos;) text.erase(at, folder().size() + 1);
    return text;
  }
  FAIL("it was read without an error");
  return {};
}

}  // namespace rw::test

#include "tests/executor/judged.hpp"

namespace rw::test {

executor::Inputs by_id(const graph::Network& network, const Arrays& inputs) {
  executor::Inputs result;
  for (const auto& [name, array] : inputs) result.emplace(network.find(name).value(), array);
  return result;
}

Judged judged(const graph::Network& network, const Arrays& inputs, bool watched) {
  executor::Options options;
  for (graph::TensorId id = 0; id < network.tensors().size(); ++id)
    if (watched && network.tensor(id).producer != graph::kNone && network.tensor(id).constant == nullptr)
      options.watched.push_back(id);
  const auto session = executor::open(network, std::move(options));
  const Arrays right = evaluate(network, inputs);
  Judged result;
  const auto compare = [&](graph::TensorId id, const Array& array) {
    const std::string name(network.tensor(id).name);
    const double value = difference(array, right.at(name));
    ++result.compared;
    if (!(value <= result.difference)) {
      result.difference = value;
      result.where = name;
    }
  };
  const executor::Inputs given = by_id(network, inputs);
  for (int run = 0; run < 3; ++run) {  // built, planned, planned again
    const auto outputs = session->run(given, [&](const executor::Value& value) {
      const Dims shape(value.shape.begin(), value.shape.end());
      if (right.at(std::string(network.tensor(value.tensor).name)).is_float())
        compare(value.tensor, Array(shape, std::vector<float>(value.floats.begin(), value.floats.end())));
      else
        compare(value.tensor, Array(shape, Dims(value.integers.begin(), value.integers.end())));
    });
    for (std::size_t i = 0; i < outputs.size(); ++i) compare(network.outputs()[i], outputs[i]);
  }
  return result;
}

}  // namespace rw::test

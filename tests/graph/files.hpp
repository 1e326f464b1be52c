// What the tests of files share: small models as text, weight files as bytes, and the text of an error.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/model.hpp"
#include "tests/support/shell.hpp"

namespace rw::test {

// what() of the graph::Error that `run` throws, the folder left out; "no error" where it throws none.
std::string error_of(const std::function<void()>& run, const std::filesystem::path& folder = {});

// A weight file: the length of the header, the header, the data.
std::string safetensors_file(std::string_view header, std::string_view data);

template <typename T>
std::string bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

// {"format": ..., "version": 1, {rest}}
std::string model_text(std::string_view rest);

// A model of one convolution x -> y: weight [2, 1, 1, 1] in w.safetensors, bias [2] inline, calibrated.
std::string conv_model();
std::string conv_weights();

// Writes `text` as folder/m.json and reads it.
graph::Model read_text(const TemporaryFolder& folder, std::string_view text);

// Elements of a constant of the network, in double.
std::vector<double> values_of(const graph::Network& network, std::string_view tensor);

// Names of the files in a folder, sorted.
std::vector<std::string> listing(const std::filesystem::path& folder);

// `text` with the first `from` replaced by `to`; both are there (a test that changes nothing shows nothing).
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace rw::test

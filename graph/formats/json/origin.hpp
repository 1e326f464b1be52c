// What a model.json remembers of its text, so that the writer can copy it and change only what a rewriting changes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/formats/reading/declared.hpp"
#include "graph/formats/statistics/entries.hpp"
#include "graph/formats/text/json.hpp"
#include "graph/formats/text/tensor.hpp"
#include "graph/formats/weights/weights.hpp"
#include "graph/model.hpp"

namespace rw::graph {

struct JsonOrigin : Origin {
  // The model or a nested network: names in it stand without the prefix (Network::prefix).
  struct SubgraphText {
    std::uint32_t begin = 0;             // the brace that opens it
    std::optional<json::Range> tensors;  // its "tensors", with the key
    std::uint32_t tensors_begin = 0;     // the brace that opens them
    // Tensors of the border by the names that they have inside; what it gives out is made inside.
    std::vector<std::pair<std::string, TensorId>> inputs, outputs;
  };
  struct InlineTensor {
    TensorId tensor;
    std::uint32_t subgraph;
    json::Range entry;  // with its key
    TensorText text;
  };

  std::shared_ptr<const MappedFile> file;
  json::Range root;
  Declarations declared;                 // names of inner tensors with their prefix
  std::vector<json::Range> input_texts;  // of these declarations: the name or the type
  struct InnerText {
    json::Range entry, type;  // entry: with its key in "shapes"; empty: it stands elsewhere
  };
  std::vector<InnerText> inner_texts;   // of these declarations
  std::uint32_t version_begin = 0;      // the key
  std::optional<json::Range> mark;      // "mark", with the key
  std::vector<SubgraphText> subgraphs;  // by Operator::subgraph
  std::vector<json::Range> nodes;       // by OperatorId: the object; empty: an operator that has no text
  std::vector<InlineTensor> tensors;    // in the order of the text
  json::Range weights_value;            // of "weights"
  Weights weights;
  std::vector<std::vector<TensorId>> stored;  // for each weight file, the tensor that each of its entries is
  std::optional<json::Range> calibration;     // its object
  std::vector<StatisticText> entries;         // of calibration, in the order of the text
};

}  // namespace rw::graph

// What the rules of tests do, line by line.
#pragma once

#include <algorithm>
#include <iterator>
#include <utility>

#include "dsl/syntax/actions.hpp"

namespace rw::dsl {

// ---- lists of numbers: `[1, 3, 8, 8]`, `6` ----

RW_ON(item, tree::Numbers) {
  reading.count_item(at);
  piece.items.push_back(signed_number(reading, at));
}
RW_ON(list_open, tree::Numbers) { piece.list = true; }

// They go into the line, input or attribute that they stand in. A second list of one gets a state of its own.
RW_BUILDS(numbers, tree::Numbers) {
  built.at = at;
  around.numbers = std::move(built);
}
RW_BUILDS(wanted_list, tree::Numbers) {
  built.at = at;
  around.numbers = std::move(built);
}
struct SecondList {
  tree::Numbers numbers;
};
RW_BUILDS(constant_shape, SecondList) { around.shape = std::move(built.numbers); }
RW_BUILDS(input_values, SecondList) { around.values = std::move(built.numbers); }
RW_ON(input_type, tree::TestLine) { piece.type = reading.word; }
RW_ON(constant_type, tree::TestInput) { piece.type = reading.word; }

// ---- inputs and attributes of an operator ----

RW_ON(constant_input, tree::TestInput) { piece.form = tree::TestInput::Form::constant; }
RW_ON(constant_word, tree::TestInput) {
  const auto word = std::find(std::begin(tree::kConstantWords), std::end(tree::kConstantWords), reading.word.text);
  piece.word = static_cast<tree::ConstantWord>(word - std::begin(tree::kConstantWords));
  piece.name = reading.word;
}
RW_ON(absent_input, tree::TestInput) { piece.form = tree::TestInput::Form::none; }
RW_ON(tensor_input, tree::TestInput) {
  piece.form = tree::TestInput::Form::tensor;
  piece.name = reading.name;
}
RW_BUILDS(node_input, tree::TestInput) {
  built.at = at;
  reading.count_item(at);
  around.inputs.push_back(std::move(built));
}

RW_ON(attribute_name, tree::TestAttribute) { piece.name = reading.word; }
RW_ON(attribute_string, tree::TestAttribute) { piece.text = reading.string; }
RW_BUILDS(attribute, tree::TestAttribute) {
  reading.count_item(built.name.at);
  around.attributes.push_back(std::move(built));
}

// ---- lines ----

RW_ON(line_name, tree::TestLine) {
  reading.count_item(reading.name.at);
  piece.names.push_back(reading.name);
}
RW_ON(node_operator, tree::TestLine) { piece.op = reading.oper; }
RW_ON(match_parents, tree::TestLine) { piece.parents = std::exchange(piece.names, {}); }
RW_ON(match_children, tree::TestLine) { piece.children = std::exchange(piece.names, {}); }
RW_ON(no_match_reason, tree::TestLine) { piece.reason = reading.string; }

RW_ON(input_line, tree::TestLine) { piece.form = tree::TestWord::input; }
RW_ON(output_line, tree::TestLine) { piece.form = tree::TestWord::output; }
RW_ON(seed_line, tree::TestLine) { piece.form = tree::TestWord::seed; }
RW_ON(opset_line, tree::TestLine) { piece.form = tree::TestWord::opset; }
RW_ON(calibrate_line, tree::TestLine) { piece.form = tree::TestWord::calibrate; }
RW_ON(statistic_quoted, tree::TestStatistic) { piece.key = reading.string; }
RW_WORD(statistic_text) { reading.word = {std::string(begin, end), reading.at(begin, end)}; }
RW_ON(statistic_key, tree::TestStatistic) {
  if (piece.key.text.empty()) piece.key = reading.word;
}
RW_BUILDS(statistic, tree::TestStatistic) {
  reading.count_item(built.key.at);
  around.statistics.push_back(std::move(built));
}
RW_ON(same_line, tree::TestLine) { piece.form = tree::TestWord::same; }
RW_ON(stats_line, tree::TestLine) { piece.form = tree::TestWord::stats; }
RW_ON(node_line, tree::TestLine) { piece.form = tree::TestWord::node; }
RW_ON(expect_match, tree::TestLine) { piece.form = tree::TestWord::match; }
RW_ON(scale_line, tree::TestLine) { piece.form = tree::TestWord::scale; }
RW_ON(no_match_line, tree::TestLine) { piece.form = tree::TestWord::no_match; }
RW_ON(within_line, tree::TestLine) { piece.form = tree::TestWord::within; }
RW_ON(becomes_line, tree::TestLine) { piece.form = tree::TestWord::becomes; }
RW_ON(operators_line, tree::TestLine) { piece.form = tree::TestWord::operators; }
RW_ON(left_operator, tree::TestLine) {
  reading.count_item(reading.oper.at);
  piece.names.push_back(reading.oper);
}
RW_BUILDS(test_line, tree::TestLine) {
  const std::string_view text = reading.text.substr(at.offset, at.length);
  const std::size_t word = std::min(text.find_first_of(" \t\r\n\v\f#"), text.size());
  built.word = {at.source, at.offset, static_cast<std::uint32_t>(word)};
  built.at = at;
  reading.count_item(at);
  around.lines.push_back(std::move(built));
}

// ---- what an operator of one's own computes ----

RW_WORD(body_open) { reading.braces.push_back(begin); }
RW_WORD(body_close) { reading.braces.pop_back(); }
RW_ON(means_operator, tree::Means) { piece.op = reading.oper; }
RW_ON(means_param, tree::Means) {
  reading.count_item(reading.name.at);
  piece.params.push_back(reading.name);
}
RW_BUILDS(body_line, tree::TestLine) {
  built.at = at;
  reading.count_item(at);
  around.lines.push_back(std::move(built));
}
RW_BUILDS(means, tree::Means) {
  built.at = at;
  around.means = std::move(built);
}

}  // namespace rw::dsl

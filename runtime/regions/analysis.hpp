// A network as the rules see it: every operator with its law, every tensor with its channels.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dsl/program/program.hpp"
#include "graph/network.hpp"
#include "graph/operators/channel_axes.hpp"
#include "runtime/laws/law.hpp"
#include "runtime/laws/site.hpp"

namespace rw::runtime {

// How an operator obeys the law that it is bound to.
struct Obedience {
  const Law* law = &kBlockLaw;  // that where it is bound to none
  bool elementwise = false;     // takes each element for itself (`pass elementwise`, bounded)
  bool holds = false;           // the law's condition holds; else it blocks
  bool unknown = false;         // no `op` line names it
  bool skipped = false;         // named by --skip-node
  friend bool operator==(const Obedience&, const Obedience&) = default;
};

struct AnalysisOptions {
  std::span<const std::string> skip_nodes = {};  // globs: these operators block
  bool exact = false;                            // so do those whose outputs do not stay bit for bit
};

struct Analysis {
  const graph::Network* network = nullptr;
  graph::Forms forms;
  graph::ChannelAxes channels;
  std::vector<Obedience> operators;  // by operator
  bool exact = false;                // as in its options

  Site site(OperatorId op) const { return {*network, forms, channels, op}; }
  const Law& law(OperatorId op) const { return *operators[op].law; }
  bool holds(OperatorId op) const { return operators[op].holds; }
  // Why an operator blocks: no law, skipped, the condition of its law, --exact, or what its law pins
  // in any case.
  std::string why_blocked(OperatorId op) const;
  // The same as it is said of many like it: without the names and shapes of what it reads and gives.
  std::string kind_of_block(OperatorId op) const;

  // By operator, for formulas that ask how far one is from the inputs; filled by the first that does.
  struct Depths {
    std::once_flag found;
    std::vector<std::uint32_t> by_operator;
  };
  std::shared_ptr<Depths> depths = std::make_shared<Depths>();

  // For constants that are made for a rewriting, which must not outlive this.
  std::shared_ptr<graph::Arena> arena = std::make_shared<graph::Arena>();
};

// Infers shapes (into the network), finds channels, binds laws. Error: weights that do not fit
// (graph/operators/infer.hpp).
Analysis analyse(graph::Network& network, std::span<const dsl::LawBinding> bindings,
                 const AnalysisOptions& options = {});

// What analyse() would find of the same network under other laws, where shapes and channels stay: only what laws say of
// operators is looked at again. `bindings` are those of `analysis`. Nothing where an operator would get another form.
std::optional<Analysis> analyse_under(std::span<const dsl::LawBinding> other, const Analysis& analysis,
                                      std::span<const dsl::LawBinding> bindings, const AnalysisOptions& options);

}  // namespace rw::runtime

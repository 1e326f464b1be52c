// The functions that the table of laws names, one file a law. Internal to the laws.
#pragma once

#include "runtime/laws/law.hpp"

namespace rw::runtime {

#define RW_LAW(NAME)                                 \
  namespace law_##NAME {                             \
    std::string condition(const Site&);              \
    void tie(const Site&, Tie&);                     \
    void handles(const Site&, std::vector<Handle>&); \
    std::string carry(const Site&, Carry&);          \
  }
RW_LAW(linear)
RW_LAW(affine)
RW_LAW(pass)
RW_LAW(bounded)
RW_LAW(join)
RW_LAW(concat)
RW_LAW(move)
RW_LAW(gather)
RW_LAW(product)
RW_LAW(contract)
RW_LAW(normalize)
RW_LAW(shape)
RW_LAW(block)
#undef RW_LAW
namespace law_product {
void settle(const Site&, Tie&, std::uint32_t gate, std::uint32_t other);
}
namespace law_contract {
void settle(const Site&, Tie&, std::uint32_t gate, std::uint32_t other);
}

// Conditions that several laws share.
std::string channels_missing(const Site& site, TensorId tensor);  // why a tensor has no channels; empty: it has
std::string first_missing(const Site& site, std::uint32_t slot);  // of input `slot`, then of the first output
// Ties input `slot` to the first output, whose channels lie where those of the input come out or beside them: an
// operand with one element where the output has several channels ties them all.
void tie_broadcast(const Site& site, Tie& tie, std::uint32_t slot);
// What the operator itself asks besides its law: Clip's bounds, Pad's mode, Cast's direction (conditions.cpp).
std::string operator_condition(const Site& site);
// Its further inputs say where it samples: they are pinned, as every input that is not tied.
bool reads_positions(const Site& site);
// Every input of 1 and no edit: what a law that cannot carry must see.
std::string only_ones(const Site& site, Carry& carry);

}  // namespace rw::runtime

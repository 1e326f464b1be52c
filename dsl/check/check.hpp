// From trees to checked rules: names, kinds, clauses, and whether a rule can match at all.
#pragma once

#include <span>

#include "dsl/check/bound_laws.hpp"
#include "dsl/check/names.hpp"
#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

// Checks one file after all that it uses. Its rules, laws and tests go behind those of `context.program`; its names
// into `names`, whose `file` and `used` are set.
void check(CheckContext& context, FileNames& names);

// When all files are checked: rules come into the order in which they run, tests follow them. `named`: the files of the
// command line.
void order_rules(CheckContext& context, std::span<const FileNames* const> named);

// What can be said when all laws are known: operators that nobody knows, and rules that can never match.
void check_laws(CheckContext& context, const BoundLaws& bound);

// What can be said when all rules are known: rules to which an earlier one leaves nothing.
void check_shadows(CheckContext& context, const BoundLaws& bound);

// One test, in a file of its own too. Its rule is set by who asks.
RuleTest check_test(CheckContext& context, const tree::File& file, const tree::Test& test);

// The body of a meaning; its operator is set by who asks.
RuleTest check_body(CheckContext& context, const tree::File& file, const tree::Means& means);

// One rule, after what stands before it in its file. (Part of `check`, in a file of its own.)
Rule check_rule(CheckContext& context, const FileNames& names, const tree::Rule& rule);

// What can be said of a rule of which only the beginning could be read.
void check_beginning(CheckContext& context, const FileNames& names, const tree::Rule& rule);

}  // namespace rw::dsl

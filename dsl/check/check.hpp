// From trees to checked rules: names, kinds, clauses, and whether a rule can match at all.
#pragma once

#include "dsl/check/names.hpp"
#include "dsl/syntax/tree.hpp"

namespace rw::dsl {

// Checks one file after all that it uses. Its rules, laws and tests go behind those of `context.program`; its names
// into `names`, whose `file` and `used` are set.
void check(CheckContext& context, FileNames& names);

// What can be said when all laws are known: operators that nobody knows, and rules that can never match.
void check_laws(CheckContext& context);

// What can be said when all rules are known: rules to which an earlier one leaves nothing.
void check_shadows(CheckContext& context);

// One test, in a file of its own too. Its rule is set by who asks.
RuleTest check_test(CheckContext& context, const tree::File& file, const tree::Test& test);

// One rule, after what stands before it in its file. (Part of `check`, in a file of its own.)
Rule check_rule(CheckContext& context, const FileNames& names, const tree::Rule& rule);

}  // namespace rw::dsl

// The words of rule files: laws, actions, functions, fields and attributes, as the language is told them.
#pragma once

#include "dsl/program/vocabulary.hpp"

namespace rw::runtime {

const dsl::Vocabulary& vocabulary();

}  // namespace rw::runtime

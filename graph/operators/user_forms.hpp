// Forms of operators that only a rule file knows, by what the law that it gives them says of shapes.
#pragma once

#include <string_view>

#include "graph/operators/form.hpp"

namespace rw::graph {

Form user_form_same(std::string_view op, const UserForm&);       // shape and axes as the first input
Form user_form_broadcast(std::string_view op, const UserForm&);  // as all inputs, broadcast

}  // namespace rw::graph

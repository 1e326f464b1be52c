#include "tests/runtime/explained.hpp"

namespace rw::test {

const char* const kRules = R"(set conv = Conv
rule pair {
  region r { parents conv as p
    through Relu, MaxPool, Pad
    children conv as c }
  needs stats(p) else "ranges are missing"
  do scale(p, equalization(p, 1, 20))
}
rule concat {
  region r { parents conv as p
    through Relu, MaxPool, Pad
    join Concat on channel as k
    children conv as c }
  needs stats(p) else "ranges are missing"
  do scale(p, aligned(p, 1, 20))
}
rule residual {
  region r { parents conv as p
    through Relu, MaxPool, Pad
    join Add as a
    children conv as c }
  needs stats(p) else "ranges are missing"
  do scale(p, shared(p, 1, 20))
}
)";

Explained::Explained(const Net& net, const std::string& rules, runtime::ExplainOptions what)
    : Explained([&net] { return net.model(); }, rules, std::move(what)) {}

Explained::Explained(const runtime::ModelSource& source, const std::string& rules, runtime::ExplainOptions what)
    : engine_(source(), rules), what_(std::move(what)) {
  explanation_ = runtime::explain({source, engine_.model(), engine_.rules(), {}, engine_.outcome()}, what_);
}

std::string Explained::text() const {
  const std::string all =
      runtime::explain_text({engine_.model(), engine_.rules(), engine_.outcome(), explanation_, what_}, false);
  return all.substr(all.find('\n') + 1);
}

std::string Explained::json() const {
  return runtime::explain_json({engine_.model(), engine_.rules(), engine_.outcome(), explanation_, what_});
}

}  // namespace rw::test

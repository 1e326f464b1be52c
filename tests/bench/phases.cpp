// Where the time of a run goes, up to its certificate: reading; tying, matching, formulas and certificate; what follows
// is writing.
//   phases MODEL RULES STATISTICS     a line each, "reading 1.52 1.40": seconds of the processor (all threads), of the
//   wall
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <optional>

#include "graph/model.hpp"
#include "runtime/engine/library.hpp"
#include "runtime/engine/run.hpp"
#include "runtime/engine/vocabulary.hpp"

namespace {

using namespace rw;

// Prints a line for what lies between two of its calls.
class Watch {
 public:
  void say(const char* phase) {
    const std::clock_t work = std::clock();
    const auto wall = std::chrono::steady_clock::now();
    std::printf("%s %.3f %.3f\n", phase, static_cast<double>(work - work_) / CLOCKS_PER_SEC,
                std::chrono::duration<double>(wall - wall_).count());
    work_ = work;
    wall_ = wall;
  }

 private:
  std::clock_t work_ = std::clock();
  std::chrono::steady_clock::time_point wall_ = std::chrono::steady_clock::now();
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fputs("usage: phases MODEL RULES STATISTICS\n", stderr), 2;
  try {
    Watch watch;
    const dsl::Loaded rules = dsl::load({argv[2]}, runtime::rule_library(), runtime::vocabulary());
    graph::Model model = graph::read_model(argv[1]);
    graph::read_statistics(argv[3], model);
    watch.say("reading");
    std::optional<runtime::Outcome> outcome = runtime::run(model, rules.program, {.values = false});
    watch.say("rules");
    if (!outcome->certificate.holds) return std::fputs("phases: no certificate\n", stderr), 1;
    outcome.reset();
    model = {};
    watch.say("freeing");
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "phases: %s\n", error.what());
    return 1;
  }
}

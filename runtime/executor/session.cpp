#include "runtime/executor/session.hpp"

#include "runtime/executor/group.hpp"
#include "runtime/executor/inputs.hpp"
#include "runtime/executor/load.hpp"
#include "runtime/executor/runner.hpp"

namespace rw::executor {
namespace {

using evaluator::Array;
using graph::Network;
using graph::TensorId;

// Sets the threads of the library while the network runs.
class Threads {
 public:
  Threads(Kernels& kernels, unsigned count) : kernels_(kernels), before_(kernels.threads(std::max(count, 1U))) {}
  ~Threads() { kernels_.threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  Kernels& kernels_;
  unsigned before_;
};

class Running final : public Session {
 public:
  Running(const Network& network, Options options)
      : network_(network),
        options_(std::move(options)),
        schedule_(schedule_of(network, options_)),
        constants_(network, schedule_, options_.values),
        kernels_(kernels()),
        groups_(groups_of(network, schedule_, constants_)),
        runner_(network, schedule_, constants_, kernels_) {}

  std::vector<Array> run(const Inputs& inputs, Watch watch) override {
    check_inputs(network_, inputs);
    const Threads threads(kernels_, options_.threads);
    const End end{runner_};
    std::map<TensorId, Dims> shapes;
    std::map<TensorId, ArrayRef> given;
    for (const TensorId id : network_.inputs()) {
      const auto found = inputs.find(id);
      given[id] = found != inputs.end() ? ArrayRef(std::shared_ptr<void>(), &found->second) : constants_.get(id);
      shapes[id] = given[id]->shape();
    }
    runner_.begin(shapes == shapes_);
    shapes_ = std::move(shapes);
    for (const auto& [id, array] : given) runner_.put(id, borrowed(array), watch);
    for (std::size_t i = 0; i < groups_.size(); ++i) runner_.run(i, groups_[i], watch);
    std::vector<Array> outputs;
    for (const TensorId id : network_.outputs()) outputs.push_back(runner_.array(id));
    return outputs;
  }

  Footprint footprint() const override { return runner_.footprint(); }

 private:
  struct End {  // whatever happens, nothing of the run is held afterwards
    Runner& runner;
    ~End() { runner.end(); }
  };

  const Network& network_;
  Options options_;
  Schedule schedule_;
  Constants constants_;
  Kernels& kernels_;
  std::vector<Group> groups_;
  Runner runner_;
  std::map<TensorId, Dims> shapes_;  // of the inputs of the run before
};

}  // namespace

std::unique_ptr<Session> open(const Network& network, Options options) {
  return std::make_unique<Running>(network, std::move(options));
}

}  // namespace rw::executor

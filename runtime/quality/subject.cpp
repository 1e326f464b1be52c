#include "runtime/quality/subject.hpp"

#include "graph/base/error.hpp"
#include "graph/base/function_ref.hpp"

namespace rw::quality {
namespace {

// What a session throws is a mistake in the model or in its data.
template <typename F>
auto told(const Subject& subject, F f) {
  try {
    return f();
  } catch (const graph::Error&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw graph::Error(subject.file, "", error.what());
  }
}

}  // namespace

std::unique_ptr<executor::Session> open(const Subject& subject, executor::Options options) {
  return told(subject, [&] { return executor::open(subject.network, std::move(options)); });
}

std::vector<evaluator::Array> run(const Subject& subject, executor::Session& session, const executor::Inputs& inputs,
                                  executor::Watch watch) {
  return told(subject, [&] { return session.run(inputs, watch); });
}

std::vector<evaluator::Array> run(const Subject& subject, executor::Session& session, const executor::Inputs& inputs) {
  return run(subject, session, inputs, [](const executor::Value&) {});
}

}  // namespace rw::quality

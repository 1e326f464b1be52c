#include "runtime/quality/subject.hpp"

#include "graph/base/error.hpp"
#include "graph/base/function_ref.hpp"
#include "graph/operators/infer.hpp"

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

graph::Model read_subject(const std::string& file) {
  graph::Model model = graph::read_model(file);
  try {
    graph::infer_shapes(model.network, graph::Forms(model.network));
  } catch (const graph::Error& error) {  // it knows no files, and there may be two models
    throw graph::Error(error.file.empty() ? file : error.file, error.place, error.message);
  }
  return model;
}

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

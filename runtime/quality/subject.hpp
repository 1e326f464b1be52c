// A network that is run to be measured.
#pragma once

#include <memory>
#include <string>

#include "graph/model.hpp"
#include "runtime/executor/session.hpp"

namespace rw::quality {

struct Subject {
  const graph::Network& network;
  std::string file;  // for messages
};

// A model with all that can be said of its shapes and types. graph::Error: as graph::read_model.
graph::Model read_subject(const std::string& file);

// As executor::open and Session::run. graph::Error (file: the subject's): what they throw.
std::unique_ptr<executor::Session> open(const Subject& subject, executor::Options options);
std::vector<evaluator::Array> run(const Subject& subject, executor::Session& session, const executor::Inputs& inputs,
                                  executor::Watch watch);
std::vector<evaluator::Array> run(const Subject& subject, executor::Session& session, const executor::Inputs& inputs);

}  // namespace rw::quality

// How a task gets at the models that it reads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "model/report.hpp"
#include "tasks/listener.hpp"

namespace aerotool::tasks {

struct ReadOptions {
  std::string from;           ///< the name of the format; empty: as the content or the extension says
  bool follow_links = false;  ///< links that lead out of a model's directory are followed
  bool fetch = false;         ///< what a local index says is on servers, and is not here, is read from there
  std::string key;            ///< of a checkpoint what lies there alone; empty: all
  std::optional<Digest> sha256 = {};  ///< what the SHA-256 of the model's only file has to be
};

/// Opens a model. Defects go to `report`; throws what open_model() throws.
std::unique_ptr<Model> open(const std::string& path, const ReadOptions& options, const Listener& listener,
                            Report& report);

/// Opens a model to use it: what is worth a warning is one, but for the codes `but`.
std::unique_ptr<Model> open(const std::string& path, const ReadOptions& options, const Listener& listener,
                            const std::vector<Code>& but = {});

/// Warns of what a report has warnings of, but for those of the codes `but`.
void warn(const Listener& listener, const Report& report, const std::vector<Code>& but = {});

}  // namespace aerotool::tasks

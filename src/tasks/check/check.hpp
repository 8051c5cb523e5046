// What validate does: is a model sound?
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "model/report.hpp"
#include "tasks/listener.hpp"
#include "tasks/open.hpp"

namespace aerotool::tasks {

struct CheckRequest {
  std::string path;
  ReadOptions read;
  CheckLevel level = CheckLevel::structure;
  bool values = false;                 ///< also looks for NaN, infinities and tensors that are all zero
  std::vector<ExpectedSha256> sha256;  ///< of a model that is one file
  unsigned jobs = 1;
};

struct Judgement {
  std::string path;     ///< of the model, where one could be opened, else what was asked for
  std::string format;   ///< empty where no model could be opened
  std::string version;  ///< empty where the format has none
  std::uint64_t tensors = 0;
  bool hashed = false;               ///< the model carries hashes of all its bytes
  std::uint64_t hashed_tensors = 0;  ///< where it carries those of some tensors alone
  CheckTally tally;
  Report report{Report::Mode::judge};

  bool sound() const { return report.fault_count() == 0; }
};

/// Holds an open model to its rules and tells the report. Returns false where it has nothing of the kind.
using CheckModel = std::function<bool(const Model& model, const CheckOptions& options, Report& report)>;

/// Whatever is wrong with bytes that could be read is in the report. Throws IoError where they could not be
/// read, UsageError where nothing says the format, and RequestError where a SHA-256 is asked for and the
/// model is several files.
Judgement judge(const CheckRequest& request, const Listener& listener);

/// The same by what `check_model` finds in place of Model::check().
Judgement judge(const CheckRequest& request, const Listener& listener, const CheckModel& check_model);

}  // namespace aerotool::tasks

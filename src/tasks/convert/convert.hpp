// What convert and pack-set do once they know where to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tasks/convert/request.hpp"
#include "tasks/convert/sources.hpp"
#include "tasks/listener.hpp"
#include "transfer/plan.hpp"

namespace aerotool::tasks {

struct Converted {
  SetResult files;          ///< of a directory; empty for one file
  std::uint64_t bytes = 0;  ///< that went by, as the progress counts them
  double seconds = 0;
};

/// A conversion: laid out by the constructor, and written on demand.
class Conversion {
 public:
  /// Opens the inputs and drafts the output. Throws RequestError, UnsupportedError where the target cannot
  /// hold something, and what opening a model throws.
  Conversion(const ConvertRequest& request, const Listener& listener);
  /// Of a plan that is made already; the request says where it goes.
  Conversion(ConvertRequest request, Sources sources, Listener listener);
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;

  const Plan& plan() const { return sources_.plan; }
  const PlanSummary& summary() const { return summary_; }
  const std::vector<ComputedTensor>& computed() const { return sources_.computed; }
  /// What is in the output directory already.
  const ExistingFiles& existing() const { return existing_; }

  /// Throws RequestError where what is there must not be replaced.
  void require_replaceable() const;

  /// Writes the output, once: requires what require_replaceable() does, and tells the listener what is not
  /// kept and which other models stay in the directory.
  Converted write();

 private:
  /// As messages name it.
  std::string shown_output() const;
  void tell_what_is_not_kept() const;
  void tell_of_names() const;
  void tell_of_other_models() const;
  void tell_of_values() const;

  ConvertRequest request_;
  Listener listener_;
  Sources sources_;
  std::unique_ptr<FileDraft> file_;  // one of the two
  std::unique_ptr<SetDraft> set_;
  PlanSummary summary_;
  ExistingFiles existing_;
};

}  // namespace aerotool::tasks

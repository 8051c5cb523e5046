// The tensors of a plan that a target cannot hold, all of them before the first is told.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "transfer/plan.hpp"

namespace aerotool {

class Refusals {
 public:
  /// `format` is what messages call the target.
  explicit Refusals(std::string_view format) : format_(format) {}

  /// A tensor that the target cannot hold: `reason` is the same for all of a kind ("names over 63 bytes"),
  /// and `message` says it of this one.
  void add(const PlannedTensor& planned, const std::string& reason, std::string message);

  /// One whose dtype the target does not have. Where it can be decoded, the message says so.
  void add_type(const PlannedTensor& planned);

  /// Throws UnsupportedError where any was added: the message of the only one, or the reasons, each with the
  /// number of its tensors, where there are several, and the first ten names.
  void require_none(const Plan& plan) const;

 private:
  struct Kind {
    std::string reason;
    std::size_t count = 0;
    std::vector<std::string> names;  // the first
  };

  std::string format_;
  std::vector<Kind> kinds_;
  std::size_t count_ = 0;
  bool decodable_ = false;  // add_type() was told a type that can be
  Where first_;
  std::string message_;  // of the first
};

}  // namespace aerotool

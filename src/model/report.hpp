// Where readers put what they find wrong. The same code reads a file to use it and to judge it: the mode
// decides whether a defect that makes a part unreadable ends the reading or is noted and passed over.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/finding_code.hpp"

namespace aerotool {

enum class Severity { fault, warning };

/// A tensor whose bytes a fault touches.
struct HitTensor {
  std::string name;
  std::string path;          ///< the file it lies in
  std::uint64_t offset = 0;  ///< in that file
  std::uint64_t size = 0;
};

struct Finding {
  Severity severity = Severity::fault;
  Code code = Code::malformed;
  Where where;
  std::string message;
  std::vector<HitTensor> hit;
};

/// "'a', 'b', 'c', 'd', 'e' and 12 more"
std::string list_names(const std::vector<HitTensor>& tensors);

class Report {
 public:
  enum class Mode {
    use,   ///< an unreadable part throws CorruptError; faults that do not hinder reading are left to validate
    judge  ///< everything is noted, nothing thrown
  };

  explicit Report(Mode mode = Mode::use) : mode_(mode) {}
  bool judging() const { return mode_ == Mode::judge; }

  /// A part cannot be read right. Throws CorruptError in use; noted as a fault when judging, and the caller
  /// goes on without that part.
  void unreadable(Code code, Where where, std::string message, std::vector<HitTensor> hit = {});
  /// Against the rules, but readable: noted when judging.
  void fault(Code code, Where where, std::string message, std::vector<HitTensor> hit = {});
  /// Readable, but perhaps not all that was meant to be there: a fault when judging, else a warning.
  void doubt(Code code, Where where, std::string message);
  /// Worth a line to the user in both modes.
  void warning(Code code, Where where, std::string message);

  /// Notes what another report has found, as if it had been told here.
  void absorb(const Report& other);
  /// Counts findings that were told elsewhere and not kept, some of them faults.
  void omit(std::uint64_t findings, std::uint64_t faults);

  /// Where nothing more is kept, hits need not be looked for.
  bool full() const { return findings_.size() == kMax || hits_ == kMaxHits; }
  /// At most kMax findings, kMaxMessage bytes of what each says of hostile text, and kMaxHits tensors that
  /// they hit are kept; `omitted` counts the findings left out.
  const std::vector<Finding>& findings() const { return findings_; }
  std::uint64_t fault_count() const { return fault_count_; }
  std::uint64_t omitted() const { return omitted_; }
  std::uint64_t omitted_faults() const;

  static constexpr std::size_t kMax = 1000;
  static constexpr std::size_t kMaxMessage = 16'384;
  static constexpr std::size_t kMaxHits = 200'000;

 private:
  void note(Finding finding);

  Mode mode_;
  std::vector<Finding> findings_;
  std::uint64_t fault_count_ = 0;
  std::uint64_t omitted_ = 0;
  std::size_t hits_ = 0;
};

}  // namespace aerotool

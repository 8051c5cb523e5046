// Writes an archive of tensors (archive_layout.hpp). A member's CRC-32 stands before its bytes: to a file the
// heads are written once the bytes have been, with what the read that copies them tells; to a stream, which
// takes nothing back, a read before tells.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "transfer/archive_layout.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

struct TensorArchive {
  ArchiveContent content;
  std::vector<std::string> lost;  ///< as PlanSummary has them
  std::vector<std::string> dropped;
  std::vector<std::string> warnings;
};

/// Adds what one file has no place for to what is lost. Throws what ArchiveLayout throws.
std::unique_ptr<FileDraft> draft_of_archive(const Plan& plan, TensorArchive archive);

}  // namespace aerotool

#include "formats/npz/writer.hpp"

#include <utility>

#include "formats/npy/plan_content.hpp"
#include "formats/npz/members.hpp"
#include "transfer/archive_draft.hpp"

namespace aerotool::npz {

std::unique_ptr<FileDraft> NpzWriter::draft(const Plan& plan) const {
  npy::Content content = npy::content_of(plan, "npz");
  return draft_of_archive(plan, {.content = members_of(plan, std::move(content.tensors)),
                                 .lost = std::move(content.lost),
                                 .dropped = std::move(content.dropped),
                                 .warnings = std::move(content.warnings)});
}

}  // namespace aerotool::npz

#include "formats/npz/members.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "formats/npy/plan_content.hpp"
#include "transfer/refusals.hpp"

namespace aerotool::npz {
namespace {

constexpr std::string_view kEnding = ".npy";

/// Names that a reader would not find again, or would take for another's.
void require_names(const Plan& plan) {
  Refusals refusals("NumPy's archive");
  const auto has = [&](std::string_view name) {
    return std::ranges::binary_search(
        plan.tensors, name, {},
        [](const PlannedTensor& planned) -> std::string_view { return planned.tensor().name; });
  };
  for (const PlannedTensor& planned : plan.tensors) {
    const std::string_view name = planned.tensor().name;
    const std::string_view whole = name.substr(0, name.size() - std::min(name.size(), kEnding.size()));
    if (name.size() > zip::kMaxName - kEnding.size()) {
      refusals.add(planned, "names over 65,531 bytes",
                   "its name takes " + with_thousands(name.size()) + " bytes; members have at most 65,531");
    } else if (!is_utf8(name)) {
      refusals.add(planned, "names that are not UTF-8", "its name is not UTF-8, which zip archives have");
    } else if (name.find('\0') != std::string_view::npos) {
      refusals.add(planned, "names with a NUL", "its name has a NUL in it, at which readers cut it");
    } else if (name.ends_with(kEnding) && has(whole)) {
      refusals.add(planned, "names that are another's with .npy",
                   "NumPy takes it for '" + escape_controls(shortened(whole)) + "', which is there too");
    }
  }
  refusals.require_none(plan);
}

}  // namespace

ArchiveContent members_of(const Plan& plan, std::vector<PlannedTensor> tensors) {
  require_names(plan);
  return {.files = {},
          .tensors = std::move(tensors),
          .name_of = [](const Tensor& tensor, std::size_t) { return tensor.name + std::string(kEnding); },
          .head_of = npy::header_of};
}

}  // namespace aerotool::npz

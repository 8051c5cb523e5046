// What a zTensor file of a plan says beside its objects, whatever kind of model it comes from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "formats/ztensor/layout.hpp"
#include "model/metadata.hpp"
#include "transfer/plan.hpp"

namespace aerotool::ztensor {

/// What a source must say to be one of ours.
inline constexpr std::string_view kSourceFormat = "ztensor";

struct Content {
  std::optional<Metadata> attributes;  ///< of the file
  Source source;                       ///< as it is carried
  bool restores = false;               ///< the source is a zTensor file, and all of its layout is kept
  std::vector<std::string> lost;       ///< as PlanSummary has them
  std::vector<std::string> dropped;
};

/// Whether the file that the source has recorded is wanted, where there is one.
enum class Restore : std::uint8_t { no, yes };

Content content_of(const Plan& plan, Restore restore);

}  // namespace aerotool::ztensor

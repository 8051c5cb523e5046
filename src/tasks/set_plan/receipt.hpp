// The receipt of a part: what the process that wrote it knows of its file, for the one that publishes the
// set.
#pragma once

#include <string>
#include <string_view>

#include "transfer/plan.hpp"

namespace aerotool::tasks {

struct Receipt {
  std::string plan;  ///< the plan's id
  std::string file;
  WrittenPart part;
};

std::string render(const Receipt& receipt);

/// Throws CorruptError, which calls the text `path`, and UnsupportedError where it is of another version.
Receipt parse_receipt(std::string_view text, const std::string& path);

}  // namespace aerotool::tasks

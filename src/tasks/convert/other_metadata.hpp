// What the metadata of several inputs loses: that of the first is kept.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace aerotool::tasks {

/// One line on all entries that the first model has not, or has otherwise; empty where there are none.
std::string metadata_not_kept(const std::vector<const Model*>& models);

}  // namespace aerotool::tasks

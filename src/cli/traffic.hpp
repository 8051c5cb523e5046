// What a run has asked of servers, for the user.
#pragma once

#include "cli/common_options.hpp"
#include "io/open_url.hpp"

namespace aerotool::cli {

/// A line on standard error where --verbose asks for it; and why nothing is kept of what came, where the user
/// wanted all of it kept.
void tell(const io::UrlTraffic& traffic, const CommonOptions& options);

}  // namespace aerotool::cli

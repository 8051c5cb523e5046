// What merge does: models to one, by arithmetic on their weights or by copies of their layers.
#pragma once

#include <memory>

#include "tasks/convert/convert.hpp"
#include "tasks/listener.hpp"
#include "tasks/merge/request.hpp"

namespace aerotool::tasks {

/// Opens the models and lays out what is made of them, to be written on demand. Throws RequestError, and what
/// a Conversion throws.
std::unique_ptr<Conversion> plan_merge(const MergeRequest& request, const Listener& listener);

}  // namespace aerotool::tasks

// list --tree and --group: where the bytes of a model are.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "cli/common_options.hpp"
#include "model/model.hpp"
#include "tasks/tree/order.hpp"

namespace aerotool::commands {

/// What of a model is shown, and how.
struct ShareRequest {
  const cli::CommonOptions& options;
  const Model& model;
  std::span<const std::size_t> chosen;  ///< tensors
  std::optional<tasks::Order> order;
  bool json = false;
};

/// Modules, and what they hold, down to so many levels.
void print_tree(const ShareRequest& request, std::size_t levels);

/// A line for each layer, dtype or shard.
void print_groups(const ShareRequest& request, const std::string& key);

}  // namespace aerotool::commands

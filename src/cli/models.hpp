// What commands share that read models.
#pragma once

#include <memory>
#include <string>

#include "cli/common_options.hpp"
#include "cli/settings.hpp"
#include "model/model.hpp"
#include "tasks/open.hpp"

namespace aerotool::cli {

struct ReadingOptions : CommonOptions {
  tasks::ReadOptions read;
};

/// --from and --follow-links.
Settings<ReadingOptions> reading_settings();

/// Opens a model to use it; what is worth a warning goes to standard error.
std::unique_ptr<Model> open(const ReadingOptions& options, const std::string& path);

}  // namespace aerotool::cli

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

/// --from, --key, --fetch and --follow-links.
Settings<ReadingOptions> reading_settings();

/// --sha256, of commands that read all of one model, or refuse it.
Setting<ReadingOptions> sha256_setting();
/// The digest of 64 hexadecimal digits. Throws UsageError that names the option.
Digest parse_sha256(const std::string& text);

/// Opens a model to use it; what is worth a warning goes to standard error.
std::unique_ptr<Model> open(const ReadingOptions& options, const std::string& path);

}  // namespace aerotool::cli

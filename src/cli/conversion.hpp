// What convert and pack-set share of the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/models.hpp"
#include "cli/settings.hpp"
#include "tasks/convert/convert.hpp"
#include "tasks/convert/metadata_edits.hpp"
#include "tasks/convert/rename.hpp"
#include "tasks/convert/target.hpp"

namespace aerotool::cli {

struct ConversionOptions : ReadingOptions {
  bool dry_run = false;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::string> dtypes;
  bool dequantize = false;
  bool strict = false;
  bool json = false;
  std::vector<tasks::Rename> renames;
  std::vector<tasks::MetadataSetting> set;
  std::vector<std::string> unset;
  bool side_files = true;
  bool force = false;
  std::optional<std::string> name;
  std::optional<std::string> architecture;
  WriteOptions write;
};

/// The text of an option, which has to be UTF-8. Throws UsageError.
const std::string& utf8(const std::string& option, const std::string& text);

Setting<ConversionOptions> dry_run_setting();
Setting<ConversionOptions> json_of_result_setting();
/// The options that say what is written, and how: those of the formats that it may be written to come first.
Settings<ConversionOptions> write_settings(const WriteOptionList& of_formats);

/// Those of the formats alone, and --name, --architecture, --force and --no-side-files.
Settings<ConversionOptions> format_settings(const WriteOptionList& of_formats);
Settings<ConversionOptions> output_settings();

/// To convert all operands but the last to the target.
tasks::ConvertRequest conversion_request(const ConversionOptions& options, tasks::Target target);

/// Throws UsageError where --json has no place.
void require_room_for_json(const ConversionOptions& options, const tasks::Target& target);

/// Writes what is laid out; or prints the plan, with --dry-run. Returns the exit status.
int run_conversion(const ConversionOptions& options, const tasks::Target& target,
                   tasks::Conversion& conversion);
/// Converts all operands but the last to the target; or prints the plan, with --dry-run. Returns the exit
/// status.
int run_conversion(const ConversionOptions& options, const tasks::Target& target);

}  // namespace aerotool::cli

// What every command line gives: its operands, and the options that every command takes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace aerotool::cli {

enum class When { automatic, always, never };

struct CommonOptions {
  std::vector<std::string> operands;
  unsigned jobs = 1;
  unsigned quiet = 0;  ///< how often it is given
  bool verbose = false;
  bool offline = false;  ///< no connection is opened
  When progress = When::automatic;
  When color = When::automatic;
  std::string_view command;  ///< its name
};

/// Throws UsageError where there are fewer: "missing INPUT or OUTPUT; see 'aerotool help convert'".
void require_operands(const CommonOptions& options, std::size_t fewest, std::string_view names);

}  // namespace aerotool::cli

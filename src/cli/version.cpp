#include "cli/version.hpp"

#include <zstd.h>

namespace aerotool::cli {

std::string version_text() {
  return std::string("aerotool " AEROTOOL_VERSION "\nlibzstd ") + ZSTD_versionString() + "\n";
}

}  // namespace aerotool::cli

#pragma once

namespace aerotool::platform {

/// How many processors this process may use; at least 1.
unsigned processors();

/// Whether it is a 64-bit ARM processor of which the system says that it has the extension for CRC32.
bool has_arm_crc32();

}  // namespace aerotool::platform

// What the system tells of a file, as the types that the rest of the program knows. Of this folder only.
#pragma once

#include <sys/stat.h>

#include "io/identity.hpp"

namespace aerotool::io {

Identity identity_of(const struct ::stat& status);
Version version_of(const struct ::stat& status);

}  // namespace aerotool::io

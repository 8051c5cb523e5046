#pragma once

#include <string>
#include <string_view>

namespace aerotool::tasks {

/// A file name for a tensor, different for every tensor name, that cannot lead out of a directory: bytes
/// outside [A-Za-z0-9._-], and a leading dot, become %XX; what is longer than 200 bytes is cut and ends in
/// "%-" and a hash of the whole name; the empty name is "%".
std::string file_name_of(std::string_view tensor_name);

}  // namespace aerotool::tasks

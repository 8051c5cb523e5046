// YAML to Values, by libyaml.
#pragma once

#include <string>
#include <string_view>

#include "encoding/value.hpp"

namespace aerotool {

/// The one document of a text. Plain scalars are null, booleans and numbers where YAML 1.2's core schema says
/// so, all else is text; so are numbers that do not fit 64 bits. Throws CorruptError that names `path` and
/// the line: for what is no YAML, keys that are no scalars or stand twice, several documents, tags, more than
/// 32 levels, and more values or text than anybody writes, each anchor and each alias counted with all that
/// it stands for.
Value read_yaml(std::string_view text, const std::string& path);

}  // namespace aerotool

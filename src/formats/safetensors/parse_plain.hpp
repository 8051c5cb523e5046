// The short way through a header: the form that libraries write, without what JSON of any form takes.
#pragma once

#include <string_view>

#include "formats/safetensors/parse.hpp"

namespace aerotool::safetensors {

/// Reads a header whose strings are ASCII without escapes and whose entries have their three members and no
/// other, of the right kinds, in any order and with any white space. Returns false at the first thing of
/// another form or at names that may stand twice, having told the visitor of what came before: it says
/// nothing about whether the header is sound.
bool read_plain_header(std::string_view json, HeaderVisitor& visitor);

}  // namespace aerotool::safetensors

// What the commands that only read do with a model, done to hostile bytes.
#pragma once

#include <string>

#include "core/bytes.hpp"
#include "scratch.hpp"

namespace aerotool::fuzz {

/// Opens the model at `path` as `from`, to judge it and to use it: every level of check, every report line,
/// overview, tensors, metadata, source, extras, and some bytes of every tensor. The tool's own exceptions are
/// expected; any other, and a model that is judged sound but cannot be read, end the process. Of the models
/// that are judged faulty, whose use mostly ends at the first fault, a quarter is used; `input`, what the
/// model was made from, tells which.
void exercise(const std::string& path, const std::string& from, ByteSpan input);

/// The same with `file` holding `content`. An input that is compressed as a whole is not looked at: its
/// decompressed bytes, which any other input can be too, may fill a disk. Returns what a target returns.
int exercise(const ScratchFile& file, ByteSpan content, const std::string& from);

}  // namespace aerotool::fuzz

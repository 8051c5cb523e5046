// What the check of one file of a model has found, as a text: one process checks the file, another one sums
// up.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "model/model.hpp"
#include "model/report.hpp"

namespace aerotool::tasks {

struct Verdict {
  std::string plan;        ///< the id of the plan that the file was checked for
  std::string file;        ///< as messages name it
  std::uint64_t size = 0;  ///< of the file
  Report report{Report::Mode::judge};
  CheckTally tally;
};

/// A longer text is none.
inline constexpr std::uint64_t kMaxVerdictBytes = std::uint64_t{128} << 20;

/// The text, which is JSON: all that read_verdict() yields. What is not UTF-8 stands in it as hexadecimal
/// digits, under its key and "_hex"; "paths" are left out where they are all that of the file. Throws
/// UnsupportedError where it is too long.
std::string render_verdict(const Verdict& verdict);

/// The verdict in the bytes of a file at `path`. Throws CorruptError, that names the file, where they are
/// none.
Verdict read_verdict(std::string_view text, const std::string& path);

}  // namespace aerotool::tasks

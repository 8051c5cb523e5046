// The models that lie side by side in a directory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/format.hpp"

namespace aerotool {

/// The name of an index is hidden (that of a distributed checkpoint, .metadata), as those of no other files
/// of models are.
bool is_hidden_index(std::string_view name);

/// A file, an index or a set, or files that are numbered as the parts of one model.
struct Candidate {
  std::string name;  ///< of the file to open: of numbered ones the first that is there
  const Format* format = nullptr;
  std::optional<NumberedName> numbered;
  std::uint32_t files = 1;  ///< of numbered ones those that are there
};

/// Those that a directory is taken for: its set, else its indexes, else its files, sorted by name. What a
/// training run keeps beside a model (its optimizer's state, its arguments) is none. Throws IoError.
std::vector<Candidate> candidates_in(const std::string& directory);

/// The files of a directory here that are models, and are not taken as there are others that do not stand
/// back (Format::stands_back); the first ones, where there are many. Throws IoError.
std::vector<std::string> passed_over_in(const std::string& directory);

/// What it is called, and in brackets its format and the number of its files.
std::string describe(const std::string& directory, const Candidate& candidate);

}  // namespace aerotool

// How diff tells what it found.
#pragma once

#include <vector>

#include "cli/command.hpp"
#include "cli/text_out.hpp"
#include "commands/diff/compare.hpp"
#include "commands/diff/metadata_diff.hpp"

namespace aerotool::commands {

struct Difference {
  const Model& a;
  const Model& b;
  bool numeric = false;  ///< numbers were asked for
  WeightDifference weights;
  std::vector<MetadataDifference> metadata;

  bool none() const { return weights.tensors.empty() && metadata.empty(); }
};

/// A line that sums up, a table of tensors and one of metadata.
void print_text(const cli::Arguments& arguments, const Difference& difference, cli::TextOut& out);

/// One document.
void print_json(const Difference& difference, cli::TextOut& out);

}  // namespace aerotool::commands

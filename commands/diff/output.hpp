// How diff tells what it found.
#pragma once

#include <string>

#include "cli/common_options.hpp"
#include "cli/text_out.hpp"
#include "tasks/compare/compare.hpp"

namespace aerotool::commands {

struct Difference : tasks::ModelDifference {
  const Model& a;
  const Model& b;
  bool numeric = false;      ///< numbers were asked for
  bool dequantized = false;  ///< those of quantized blocks, too
};

/// "6 tensors of 5.0 MiB were not compared"
std::string not_compared_text(const tasks::WeightDifference& weights);

/// A line that sums up, a table of tensors and one of metadata.
void print_text(const cli::CommonOptions& options, const Difference& difference, cli::TextOut& out);

/// One document.
void print_json(const Difference& difference, cli::TextOut& out);

}  // namespace aerotool::commands

// Rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

#include "cli/text_out.hpp"

namespace aerotool::cli {

class Table {
 public:
  enum class Align { left, right };
  explicit Table(std::vector<Align> columns) : columns_(std::move(columns)) {}

  /// Cells are printed as they are: the caller has escaped what comes from files.
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Columns two spaces apart, each line after `indent`; the last column is not padded.
  void print(TextOut& out, const std::string& indent = "") const;

 private:
  std::vector<Align> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Columns that UTF-8 text takes on a terminal, one a code point.
std::size_t display_width(const std::string& text);

}  // namespace aerotool::cli

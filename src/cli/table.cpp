#include "cli/table.hpp"

#include <algorithm>

namespace aerotool::cli {

std::size_t display_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

void Table::print(TextOut& out, const std::string& indent) const {
  std::vector<std::size_t> widths(columns_.size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  for (const auto& row : rows_) {
    std::string line = indent;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - display_width(row[i]), ' ');
      const bool last = i + 1 == row.size();
      if (i != 0) line += "  ";
      if (columns_[i] == Align::right) line += padding;
      line += row[i];
      if (columns_[i] == Align::left && !last) line += padding;
    }
    out.line(line);
  }
}

}  // namespace aerotool::cli

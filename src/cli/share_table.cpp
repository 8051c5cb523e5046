#include "cli/share_table.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string_view>

#include "cli/terminal.hpp"
#include "cli/text_width.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

constexpr std::size_t kGap = 2;     // between columns
constexpr std::size_t kIndent = 2;  // of each level
constexpr std::size_t kFewestBar = 6;
constexpr std::size_t kMostBar = 32;
constexpr std::size_t kShortName = 20;  // names get that before anything but size and share is shown
constexpr std::size_t kRoomForEach = 36;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : std::min(static_cast<double>(part) / static_cast<double>(whole), 1.0);
}

/// A column behind the names.
struct Column {
  std::vector<std::string> cells;  // the heading's, those of the lines, the total's
  bool to_the_right = true;
  std::size_t width = 0;
};

/// Three figures of `value` and the unit that it is left with after divisions by `step`.
template <std::size_t N>
std::string three_figures(std::uint64_t count, double step, const std::array<const char*, N>& units) {
  double value = static_cast<double>(count) / step;
  std::size_t unit = 0;
  while (value >= step - 0.5 && unit + 1 < units.size()) {
    value /= step;
    ++unit;
  }
  std::array<char, 32> text{};
  const char* const form = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
  std::snprintf(text.data(), text.size(), form, value, units[unit]);
  return text.data();
}

/// Escaped for the terminal; what is not ASCII too where it would not be read as UTF-8.
std::string shown_name(std::string_view name, bool utf8) {
  std::string escaped = escape_controls(name);
  if (utf8) return escaped;
  std::string ascii;
  for (const char c : escaped) {
    if (static_cast<unsigned char>(c) < 0x80) {
      ascii += c;
    } else {
      ascii.append("\\x").append(to_hex(std::as_bytes(std::span(&c, 1))));
    }
  }
  return ascii;
}

std::string each_text(const ShareLine& line) {
  return line.count == 1 ? "" : with_thousands(line.count) + " x " + short_size(line.size / line.count);
}

class Layout {
 public:
  Layout(const ShareTable& table, const Screen& screen)
      : table_(table), screen_(screen), width_(std::max(screen.width, kNarrowest)) {
    add("size", true, [](const ShareLine& line) { return short_size(line.size); });
    add("share", true,
        [&](const ShareLine& line) { return &line == &table.total ? "" : share_of_total(line.size); });
    if (table.with_tensors)
      add("tensors", true, [](const ShareLine& line) { return with_thousands(line.tensors); });
    add("params", true, [](const ShareLine& line) { return count_text(line.parameters); });
    if (table.with_dtypes)
      add("dtype", false, [&](const ShareLine& line) { return shown_name(line.dtype, screen.utf8); });
    for (const ShareLine& line : table.lines) {
      names_.push_back(shown_name(line.name, screen.utf8));
      largest_ = std::max(largest_, line.size);
      const std::size_t name = line.level * kIndent + columns_of(names_.back());
      const std::string each = each_text(line);
      name_need_ = std::max(name_need_, name);
      each_need_ = std::max(each_need_, each.empty() ? name : name + kGap + each.size());
    }
    name_need_ = std::max({name_need_, table.heading.size(), columns_of(table.total.name)});
    each_need_ = std::max(each_need_, name_need_);
    fit();
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> all = {line(0, padded(table_.heading, name_width_))};
    for (std::size_t i = 0; i < table_.lines.size(); ++i) {
      all.push_back(line(i + 1, name_cell(i)));
      if (bar_width_ != 0) {
        all.back().append(kGap, ' ').append(
            bar_text(table_.lines[i].size, largest_, bar_width_, screen_.utf8));
      }
    }
    all.push_back(line(table_.lines.size() + 1, padded(table_.total.name, name_width_)));
    for (std::string& text : all) text.erase(text.find_last_not_of(' ') + 1);
    return all;
  }

 private:
  static constexpr std::size_t kNarrowest = 40;

  void add(std::string heading, bool to_the_right, const std::function<std::string(const ShareLine&)>& text) {
    Column column{{std::move(heading)}, to_the_right, 0};
    for (const ShareLine& line : table_.lines) column.cells.push_back(text(line));
    column.cells.push_back(text(table_.total));
    constexpr std::size_t kLongestDType = 16;
    for (std::string& cell : column.cells) {
      if (!to_the_right) cell = shortened_to(cell, kLongestDType, ellipsis());
      column.width = std::max(column.width, columns_of(cell));
    }
    columns_.push_back(std::move(column));
  }

  std::string share_of_total(std::uint64_t size) const { return share_text(size, table_.total.size); }
  std::string_view ellipsis() const { return screen_.utf8 ? "…" : "..."; }

  std::size_t columns_width() const {
    std::size_t width = 0;
    for (const Column& column : columns_) width += kGap + column.width;
    return width;
  }

  /// Chooses the columns, and how wide names and bars are.
  void fit() {
    const std::size_t least = std::min(name_need_, kShortName);
    while (columns_.size() > 1 && columns_width() + least > width_) columns_.pop_back();
    const std::size_t room = width_ - std::min(width_, columns_width());
    const std::size_t named = std::min(each_need_, kRoomForEach);
    if (room >= named + kGap + kFewestBar) {
      with_each_ = true;
      bar_width_ = std::min(kMostBar, std::max(room - std::min(room, each_need_ + kGap), kFewestBar));
      name_width_ = std::min(each_need_, room - kGap - bar_width_);
      return;
    }
    with_each_ = room >= named;
    name_width_ = std::min(with_each_ ? each_need_ : name_need_, room);
  }

  static std::string padded(const std::string& text, std::size_t width) {
    const std::size_t columns = columns_of(text);
    return text + std::string(width > columns ? width - columns : 0, ' ');
  }

  std::string name_cell(std::size_t i) const {
    const ShareLine& line = table_.lines[i];
    const std::string each = with_each_ ? each_text(line) : "";
    const std::size_t room = name_width_ - (each.empty() ? 0 : each.size() + kGap);
    const std::size_t indent = std::min(line.level * kIndent, room / 2);
    const std::string name = std::string(indent, ' ') + shortened_to(names_[i], room - indent, ellipsis());
    return each.empty() ? padded(name, name_width_) : padded(name, name_width_ - each.size()) + each;
  }

  std::string line(std::size_t row, std::string text) const {
    for (const Column& column : columns_) {
      const std::string& cell = column.cells[row];
      const std::string padding(column.width - columns_of(cell), ' ');
      text.append(kGap, ' ');
      text += column.to_the_right ? padding + cell : cell + padding;
    }
    return text;
  }

  const ShareTable& table_;
  const Screen& screen_;
  std::size_t width_;
  std::vector<Column> columns_;  // the last ones are the first to go
  std::vector<std::string> names_;
  std::uint64_t largest_ = 0;
  std::size_t name_need_ = 0;  // columns of the longest name
  std::size_t each_need_ = 0;  // with what is beside it
  std::size_t name_width_ = 0;
  std::size_t bar_width_ = 0;
  bool with_each_ = false;
};

}  // namespace

Screen screen_of_stdout() {
  return {stdout_width(), locale_is_utf8() && terminal_takes_orders()};
}

std::string count_text(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  return three_figures<4>(count, 1000, {"K", "M", "B", "T"});
}

std::string short_size(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  return three_figures<6>(bytes, 1024, {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"});
}

std::string share_text(std::uint64_t part, std::uint64_t whole) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", ratio(part, whole) * 100);
  return text.data();
}

std::string bar_text(std::uint64_t part, std::uint64_t whole, std::size_t columns, bool utf8) {
  const double length = ratio(part, whole) * static_cast<double>(columns);
  if (!utf8) return std::string(static_cast<std::size_t>(std::lround(length)), '#');
  constexpr std::array<std::string_view, 8> kPartial = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<std::size_t>(std::lround(length * 8));
  std::string bar;
  for (std::size_t i = 0; i < eighths / 8; ++i) bar += "█";
  return bar.append(kPartial[eighths % 8]);
}

std::vector<std::string> share_lines(const ShareTable& table, const Screen& screen) {
  return Layout(table, screen).lines();
}

void print_shares(const ShareTable& table, const CommonOptions& options, TextOut& out) {
  bool heading = true;
  for (const std::string& line : share_lines(table, screen_of_stdout())) {
    if (out.closed()) return;
    out.line(heading ? styled(options, Style::bold, line) : line);
    heading = false;
  }
}

}  // namespace aerotool::cli

#include "cli/text_width.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/text.hpp"

namespace aerotool::cli {
namespace {

struct Run {
  char32_t first = 0;
  char32_t last = 0;
};

/// Marks and what is not seen, of the scripts that names are likely to have (Unicode 14, categories Mn, Me
/// and Cf), and the second and third parts of Hangul syllables.
constexpr std::array<Run, 38> kNoWidth = {
    {{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x05bf, 0x05bf}, {0x05c1, 0x05c2},
     {0x05c4, 0x05c5}, {0x0610, 0x061a}, {0x064b, 0x065f}, {0x0670, 0x0670}, {0x06d6, 0x06dc},
     {0x06df, 0x06e4}, {0x06e7, 0x06e8}, {0x06ea, 0x06ed}, {0x0900, 0x0902}, {0x093a, 0x093a},
     {0x093c, 0x093c}, {0x0941, 0x0948}, {0x094d, 0x094d}, {0x0951, 0x0957}, {0x0981, 0x0981},
     {0x09bc, 0x09bc}, {0x09c1, 0x09c4}, {0x09cd, 0x09cd}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a},
     {0x0e47, 0x0e4e}, {0x1160, 0x11ff}, {0x1ab0, 0x1ace}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
     {0x202a, 0x202e}, {0x2060, 0x206f}, {0x20d0, 0x20f0}, {0x302a, 0x302d}, {0x3099, 0x309a},
     {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}}};

/// Unicode 14, East_Asian_Width W and F, with the gaps that have no characters filled.
constexpr std::array<Run, 26> kWide = {
    {{0x1100, 0x115f},  {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec},   {0x25fd, 0x25fe},
     {0x2614, 0x2615},  {0x2648, 0x2653}, {0x26a1, 0x26a1}, {0x2705, 0x2705},   {0x270a, 0x270b},
     {0x2728, 0x2728},  {0x274c, 0x274c}, {0x2795, 0x2797}, {0x2b1b, 0x2b1c},   {0x2b50, 0x2b50},
     {0x2e80, 0x303e},  {0x3041, 0xa4cf}, {0xa960, 0xa97c}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},
     {0xfe30, 0xfe6f},  {0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x17000, 0x1b2fb}, {0x1f300, 0x1faff},
     {0x20000, 0x3fffd}}};

bool is_in(std::span<const Run> runs, char32_t c) {
  const auto run = std::ranges::lower_bound(runs, c, {}, &Run::last);
  return run != runs.end() && c >= run->first;
}

/// One character at the front of UTF-8 text, or one byte where there is none.
struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

Character character_at_front(std::string_view text) {
  const std::size_t length = utf8_sequence_length(text);
  if (length < 2) return {};
  constexpr unsigned kPayload = 6;
  char32_t code = static_cast<unsigned char>(text.front()) & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i)
    code = code << kPayload | (static_cast<unsigned char>(text[i]) & 0x3fU);
  if (is_in(kNoWidth, code)) return {length, 0};
  return {length, is_in(kWide, code) ? std::size_t{2} : std::size_t{1}};
}

/// The longest beginning of `text` that takes at most `width` columns.
std::string_view beginning(std::string_view text, std::size_t width) {
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const Character next = character_at_front(text.substr(bytes));
    if (next.columns > width) break;
    width -= next.columns;
    bytes += next.bytes;
  }
  return text.substr(0, bytes);
}

/// The end of `text` that takes at most `width` of its `columns`, and begins with no mark.
std::string_view end_of(std::string_view text, std::size_t columns, std::size_t width) {
  while (!text.empty()) {
    const Character next = character_at_front(text);
    if (columns <= width && next.columns != 0) break;
    columns -= next.columns;
    text.remove_prefix(next.bytes);
  }
  return text;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Character next = character_at_front(text);
    columns += next.columns;
    text.remove_prefix(next.bytes);
  }
  return columns;
}

std::string shortened_to(std::string_view text, std::size_t width, std::string_view ellipsis) {
  const std::size_t columns = columns_of(text);
  if (columns <= width) return std::string(text);
  const std::size_t dots = columns_of(ellipsis);
  const std::size_t kept = width > dots ? width - dots : 0;
  const std::string_view front = beginning(text, kept / 2);
  const std::string_view back = end_of(text, columns, kept - columns_of(front));
  return std::string(front).append(ellipsis).append(back);
}

}  // namespace aerotool::cli

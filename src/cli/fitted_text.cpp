#include "cli/fitted_text.hpp"

#include <algorithm>
#include <string_view>

#include "cli/table.hpp"

namespace aerotool::cli {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

/// Where the character `count` begins.
std::size_t place_of(const std::string& text, std::size_t count) {
  std::size_t at = 0;
  while (at < text.size() && (continues(text[at]) || count-- > 0)) ++at;
  return at;
}

}  // namespace

std::string shortened_in_the_middle(const std::string& text, std::size_t width) {
  constexpr std::string_view kLeftOut = "...";
  const std::size_t characters = display_width(text);
  const std::size_t least = kLeftOut.size() + 2;
  if (characters <= std::max(width, least)) return text;
  const std::size_t kept = std::max(width, least) - kLeftOut.size();
  // Ends of names differ more than their beginnings do.
  const std::size_t front = kept / 2;
  return text.substr(0, place_of(text, front)) + std::string(kLeftOut) +
         text.substr(place_of(text, characters - (kept - front)));
}

}  // namespace aerotool::cli

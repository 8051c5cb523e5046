#include "formats/safetensors/message.hpp"

#include "core/text.hpp"

namespace aerotool::safetensors {

std::string shortened(std::string_view text) {
  constexpr std::size_t kMost = 256;
  if (text.size() <= kMost) return std::string(text);
  std::size_t cut = kMost;
  // Not inside a UTF-8 sequence.
  while (cut > kMost - 4 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
  return std::string(text.substr(0, cut)) + "...";
}

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

}  // namespace aerotool::safetensors

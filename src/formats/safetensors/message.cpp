#include "formats/safetensors/message.hpp"

#include "core/text.hpp"

namespace aerotool::safetensors {

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(text)) + "'";
}

}  // namespace aerotool::safetensors

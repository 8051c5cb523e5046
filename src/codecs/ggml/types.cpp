#include "codecs/ggml/types.hpp"

#include <algorithm>
#include <array>

namespace aerotool::ggml {
namespace {

#define AEROTOOL_GGML_TYPE(id, name, elements, bytes, row_bytes, origin) \
  BlockType{id, name, elements, bytes, row_bytes, Origin::origin},
constexpr std::array kTypes = {
#include "codecs/ggml/types.inc"
};
#undef AEROTOOL_GGML_TYPE

constexpr std::uint32_t kFirstOfForks = 97;
constexpr std::uint32_t kTwoReadings = 36;

const BlockType* find(std::uint32_t id) {
  const auto* found = std::ranges::lower_bound(kTypes, id, {}, &BlockType::id);
  return found != kTypes.end() && found->id == id ? found : nullptr;
}

/// What a file with a removed type is to be made again as.
std::string_view successor(std::string_view removed) {
  if (removed.starts_with("IQ4_NL")) return "IQ4_NL";
  return removed == "Q4_3" ? "Q4_1" : "Q4_0";
}

}  // namespace

std::span<const BlockType> block_types() {
  return kTypes;
}

std::string number_name(std::uint32_t id) {
  return "type " + std::to_string(id);
}

std::string type_label(std::uint32_t id) {
  std::string label = number_name(id);
  const BlockType* type = find(id);
  if (type == nullptr) return label;
  const std::string name(type->name);
  if (type->origin == Origin::ik) return label + " (" + name + " of ik_llama.cpp)";
  if (id == kTwoReadings) return label + " (" + name + ", removed, or BitNet's I2_S)";
  return label + " (" + name + ", removed: make the file again as " + std::string(successor(name)) + ")";
}

std::string type_problem(std::uint32_t id) {
  const std::string label = "ggml " + number_name(id);
  const BlockType* type = find(id);
  const std::string name(type != nullptr ? type->name : std::string_view{});
  if (id >= kFirstOfForks) {
    return label + " is not known to GGUF: ids of 97 and up are those of forks such as ik_llama.cpp" +
           (type != nullptr ? ", which calls it " + name : "");
  }
  if (type == nullptr) return label + " is not known";
  const std::string removed =
      " was removed from GGUF; make the file again as " + std::string(successor(name));
  if (id == kTwoReadings) return label + " is BitNet's I2_S, or else " + name + ", which" + removed;
  return label + " (" + name + ")" + removed;
}

}  // namespace aerotool::ggml

#include "formats/ztensor/ggml_layouts.hpp"

#include <functional>
#include <map>
#include <utility>

#include "codecs/ggml/types.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::string_view kBegin = "gguf.";
constexpr std::string_view kEnd = "/1";

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::map<std::string, DType, std::less<>> list_layouts() {
  std::map<std::string, DType, std::less<>> layouts;
  for (const ggml::BlockType& type : ggml::block_types()) {
    const auto dtype = ggml_dtype(type.id);
    std::string layout = dtype ? layout_of_blocks(*dtype) : std::string{};
    if (!layout.empty()) layouts.emplace(std::move(layout), *dtype);
  }
  return layouts;
}

/// Every object of blocks asks.
const std::map<std::string, DType, std::less<>>& known_layouts() {
  static const std::map<std::string, DType, std::less<>> layouts = list_layouts();
  return layouts;
}

bool is_number(const Value* value, std::uint64_t number) {
  return value != nullptr && value->is_unsigned() && value->bits == number;
}

}  // namespace

std::string layout_of_blocks(const DType& dtype) {
  if (!dtype.is_packed() || dtype.packed().codec != ggml::kCodec || dtype.packed().block_elements == 0)
    return {};
  if (!dtype.packed().number || !is_gguf_type(*dtype.packed().number)) return {};
  return std::string(kBegin) + lower(dtype.name()) + std::string(kEnd);
}

bool is_layout_of_blocks(std::string_view layout) {
  return known_layouts().contains(layout);
}

std::optional<DType> blocks_of(const ObjectEntry& object, const PartFacts& data) {
  if (!object.layout.starts_with(kBegin) || !object.attributes) return std::nullopt;
  if (data.stored != DTypeCode::u8 || data.type != nullptr || data.has_unknown_type) return std::nullopt;
  const auto found = known_layouts().find(object.layout);
  if (found == known_layouts().end()) return std::nullopt;
  const DType dtype = found->second;
  const bool is_said = object.attributes->map().size() == 2 &&
                       is_number(object.attributes->find(kBlockElements), dtype.packed().block_elements) &&
                       is_number(object.attributes->find(kBlockBytes), dtype.packed().block_bytes);
  if (!is_said || dtype.size_of(object.shape).bytes != data.size) return std::nullopt;
  return dtype;
}

}  // namespace aerotool::ztensor

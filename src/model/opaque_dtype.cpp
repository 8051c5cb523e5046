#include "model/opaque_dtype.hpp"

#include <string_view>
#include <utility>

namespace aerotool {
namespace {

constexpr std::string_view kBytes = "element_bytes";
constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 20;

}  // namespace

PackedType opaque_type(std::string codec, std::string name, std::uint32_t bytes) {
  PackedType type;
  type.codec = std::move(codec);
  type.name = std::move(name);
  type.block_elements = 1;
  type.block_bytes = bytes;
  type.params = Value::map({{Value::string(std::string(kBytes)), Value::u64(bytes)}});
  return type;
}

std::optional<std::uint32_t> opaque_bytes(const Value& params) {
  const Value* const bytes = params.find(kBytes);
  if (bytes == nullptr || !bytes->is_integer() || !bytes->is_unsigned()) return std::nullopt;
  if (bytes->bits == 0 || bytes->bits > kMostBytes) return std::nullopt;
  return static_cast<std::uint32_t>(bytes->bits);
}

}  // namespace aerotool

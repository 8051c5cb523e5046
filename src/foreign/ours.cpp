#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

/// The header's length and the begin of its JSON.
bool is_safetensors(const File& file) {
  constexpr std::size_t kLengthBytes = 8;
  constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
  if (file.head.size() <= kLengthBytes) return false;
  const auto length = load_le<std::uint64_t>(file.head);
  if (length < 2 || length > kMaxHeaderBytes) return false;
  const std::string_view json = file.text().substr(kLengthBytes);
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  return first < length && json[first] == '{';
}

}  // namespace

Answer ours(const File& file) {
  if (file.text().starts_with("GGUF")) return "is a GGUF file";
  if (file.text().starts_with("AERO")) return "is an AERO file";
  if (file.text().starts_with("ZTEN0001") || file.text().starts_with("ZTEN1000") ||
      file.text().starts_with("\x89ZT2\r\n\x1a\n"))
    return "is a zTensor file";
  if (file.text().starts_with("\x93NUMPY")) return "is a NumPy array (npy)";
  if (is_safetensors(file)) return "is a safetensors file";
  return std::nullopt;
}

}  // namespace aerotool::foreign

#include "tasks/extract/file_name.hpp"

#include <span>

#include "core/text.hpp"
#include "hash/blake3.hpp"

namespace aerotool::tasks {

std::string file_name_of(std::string_view tensor_name) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  constexpr std::size_t kMax = 200;
  constexpr std::size_t kKept = 160;
  constexpr std::size_t kHashBytes = 16;
  if (tensor_name.empty()) return "%";
  std::string name;
  std::size_t kept = 0;  // of whole characters that fit in a cut name
  for (const char c : tensor_name) {
    if (kPlain.find(c) != std::string_view::npos && !(name.empty() && c == '.')) {
      name += c;
    } else {
      const auto value = static_cast<unsigned char>(c);
      name += '%';
      name += kDigits[value >> 4];
      name += kDigits[value & 15];
    }
    if (name.size() <= kKept) kept = name.size();
  }
  if (name.size() <= kMax) return name;
  const Digest digest = hash::blake3(bytes_of(tensor_name));
  return name.substr(0, kept) + "%-" + to_hex(std::span(digest).first(kHashBytes));
}

}  // namespace aerotool::tasks

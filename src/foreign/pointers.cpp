#include <algorithm>
#include <charconv>

#include "core/text.hpp"
#include "foreign/recognisers.hpp"

namespace aerotool::foreign {
namespace {

/// What stands behind `key` at the begin of a line, up to the line's end.
std::string_view value_of(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key)) continue;
    line.remove_prefix(key.size());
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }
  return {};
}

/// "4,976,698,672 bytes", or "content" where the size is no number.
std::string promised(std::string_view digits) {
  std::uint64_t size = 0;
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  if (error != std::errc() || rest != digits.data() + digits.size()) return "content";
  return with_thousands(size) + (size == 1 ? " byte" : " bytes");
}

bool all_zero(ByteSpan bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

Answer nothing(const File& file) {
  if (file.size != 0) return std::nullopt;
  return "is empty";
}

/// The specification of Git LFS: "version" is the first line, a pointer has less than 1,024 bytes.
Answer git_lfs_pointer(const File& file) {
  const std::string_view text = file.text();
  const bool known = text.starts_with("version https://git-lfs.github.com/spec/") ||
                     text.starts_with("version https://hawser.github.com/spec/");
  if (!known) return std::nullopt;
  return "is a Git LFS pointer, not the file: git lfs pull fetches its " + promised(value_of(text, "size "));
}

Answer xet_pointer(const File& file) {
  const std::string_view text = file.text();
  if (!text.starts_with("# xet version ")) return std::nullopt;
  return "is a Xet pointer, not the file: its " + promised(value_of(text, "filesize = ")) +
         " must be downloaded (git xet or the Hugging Face client does it)";
}

/// A small file is read whole; of a large one places all over it are.
Answer zeros(const File& file) {
  constexpr std::uint64_t kBlock = std::uint64_t{64} * 1024;
  constexpr std::uint64_t kPlaces = 256;
  constexpr std::string_view kWhy = ": its download or the disk lost its content";
  if (file.head.empty() || !all_zero(file.head)) return std::nullopt;
  const std::string count = with_thousands(file.size);
  const bool whole = file.size <= kBlock * kPlaces;
  const std::uint64_t step = whole ? kBlock : file.size / kPlaces;
  for (std::uint64_t place = 0; place < file.size; place += step) {
    const std::uint64_t length = std::min(kBlock, file.size - place);
    if (!all_zero(file.at(place, length).view))
      return "begins with " + with_thousands(file.head.size()) + " zero bytes or more" + std::string(kWhy);
  }
  if (whole) return "is " + count + (file.size == 1 ? " zero byte" : " zero bytes") + std::string(kWhy);
  return "is " + count + " bytes, zeros wherever it was looked at" + std::string(kWhy);
}

}  // namespace aerotool::foreign

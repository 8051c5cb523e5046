#include "formats/ztensor/reversed.hpp"

#include <algorithm>
#include <vector>

namespace aerotool::ztensor {

void read_reversed(const io::ReadAt& read, std::uint64_t size, std::uint64_t width, std::uint64_t offset,
                   std::span<std::byte> out) {
  const std::uint64_t begin = offset - offset % width;
  const std::uint64_t end = std::min(size, (offset + out.size() + width - 1) / width * width);
  std::vector<std::byte> elements(end - begin);
  read(begin, elements);
  for (std::size_t at = 0; at + width <= elements.size(); at += width)
    std::ranges::reverse(std::span(elements).subspan(at, width));
  std::ranges::copy(std::span(elements).subspan(offset - begin, out.size()), out.begin());
}

}  // namespace aerotool::ztensor

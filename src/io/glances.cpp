#include "io/glances.hpp"

#include <algorithm>

#include "core/checked.hpp"

namespace aerotool::io {

ByteSpan Glances::at(std::uint64_t offset, std::size_t length) {
  constexpr std::uint64_t kMapped = std::uint64_t{16} << 20;
  if (!input_.is_here()) {
    copy_.resize(length);
    input_.read(offset, copy_);
    return copy_;
  }
  if (offset < begin_ || !range_fits(offset - begin_, length, near_.size())) {
    const std::uint64_t left = offset < input_.size() ? input_.size() - offset : 0;
    near_ = {};
    near_ = input_.view(offset, std::max<std::uint64_t>(std::min(left, kMapped), length));
    begin_ = offset;
  }
  return near_.view.subspan(offset - begin_, length);
}

}  // namespace aerotool::io

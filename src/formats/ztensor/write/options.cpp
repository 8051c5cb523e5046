#include "formats/ztensor/write/options.hpp"

#include "core/error.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {

std::uint64_t alignment_of(const WriteOptions& options) {
  const std::uint64_t align = options.get(write::align()).value_or(kCanonicalAlignment);
  if (align < kAlignment2) {
    throw UsageError("--align takes at least " + std::to_string(kAlignment2) + " for zTensor, not " +
                     std::to_string(align));
  }
  return align;
}

}  // namespace aerotool::ztensor

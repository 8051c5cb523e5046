#include "formats/ztensor/measured_frames.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/ztensor/rules.hpp"
#include "io/zstd_frame.hpp"

namespace aerotool::ztensor {

bool MeasuredFrames::is_needed(const ObjectEntry& object, const PartEntry& part) const {
  // Of these the shape tells it.
  const bool is_dense = object.layout == kDense && object.parts.size() == 1 && part.role == kData;
  return part.encoding == kZstd && !part.decoded_length && !is_dense &&
         range_fits(part.offset, part.length, container_.blobs_end);
}

bool MeasuredFrames::are_needed(const ObjectEntry& object) const {
  return container_.version != Version::v2 &&
         std::ranges::any_of(object.parts, [&](const PartEntry& part) { return is_needed(object, part); });
}

bool MeasuredFrames::measure(ObjectEntry& object, Report& report) {
  for (PartEntry& part : object.parts) {
    if (!is_needed(object, part)) continue;
    const std::pair place(part.offset, part.length);
    if (const auto known = known_.find(place); known != known_.end()) {
      part.decoded_length = known->second;
      continue;
    }
    const io::ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
      input_.read(part.offset + offset, out);
    };
    try {
      part.decoded_length = io::decoded_size_of_frame(read, part.length, left_);
      left_ -= *part.decoded_length;
    } catch (const io::ZstdProblem& problem) {
      report.unreadable(code_of(Rule::encoding), {input_.name(), part.offset, shortened(object.name)},
                        said(Rule::encoding, problem.what()));
      return false;
    }
    known_.emplace(place, *part.decoded_length);
  }
  return true;
}

}  // namespace aerotool::ztensor

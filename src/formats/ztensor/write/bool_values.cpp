#include "formats/ztensor/write/bool_values.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/interrupt.hpp"

namespace aerotool::ztensor {

void require_bools(const Plan& plan) {
  std::vector<std::byte> block(std::size_t{256} << 10);
  for (const PlannedTensor& planned : plan.tensors) {
    const Tensor& tensor = planned.tensor();
    if (tensor.dtype != DType(DTypeCode::boolean)) continue;
    for (std::uint64_t at = 0; at < tensor.size; at += block.size()) {
      io::check_interrupt();
      const auto piece = std::span(block).first(std::min<std::uint64_t>(block.size(), tensor.size - at));
      planned.read(at, piece);
      const auto other = std::ranges::find_if(piece, [](std::byte b) { return b > std::byte{1}; });
      if (other == piece.end()) continue;
      const std::uint64_t element = at + static_cast<std::uint64_t>(other - piece.begin());
      throw UnsupportedError({planned.path(), {}, shortened(tensor.name)},
                             "element " + std::to_string(element) + " is " +
                                 std::to_string(std::to_integer<unsigned>(*other)) +
                                 "; a BOOL of zTensor 2 is 0 or 1");
    }
  }
}

}  // namespace aerotool::ztensor

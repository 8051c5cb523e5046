#include "model/expected_reads.hpp"

namespace aerotool {

void expect_reads_of(const io::Input& input, const std::vector<Tensor>& tensors,
                     std::span<const std::size_t> wanted) {
  if (input.remote() == nullptr) return;
  std::vector<io::ByteRange> runs;
  runs.reserve(wanted.size());
  for (const std::size_t i : wanted) runs.push_back({tensors[i].offset, tensors[i].offset + tensors[i].size});
  input.expect_reads(runs);
}

}  // namespace aerotool

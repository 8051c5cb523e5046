#include "transfer/value_check.hpp"

#include <cstdint>
#include <vector>

#include "io/pipeline.hpp"
#include "model/value_scan.hpp"

namespace aerotool {

void check_values(const Model& model, const CheckOptions& options, Report& report) {
  const std::vector<Tensor>& tensors = model.tensors();
  ValueScan scan(tensors);
  for (std::uint32_t tensor = 0; tensor < tensors.size(); ++tensor) {
    std::vector<io::Region> regions(1);
    regions[0].length = tensors[tensor].size;
    regions[0].read = [&model, tensor](std::uint64_t offset, std::span<std::byte> out) {
      model.read(tensor, offset, out);
    };
    const std::uint64_t begin = 0;
    scan.visit(regions[0], std::span(&begin, 1), std::span(&tensor, 1));
    if (options.progress != nullptr) options.progress->total += regions[0].length;
    io::run(regions, {.jobs = options.jobs, .progress = options.progress, .in_order = {}});
  }
  CheckTally unasked;
  scan.tell(model.path(), report, (options.tally != nullptr ? *options.tally : unasked).values);
}

}  // namespace aerotool

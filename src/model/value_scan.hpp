// Counts NaN, infinities and zeros of a model's tensors over a read that somebody makes anyway.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "io/pipeline.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"
#include "model/value_findings.hpp"
#include "model/value_rules.hpp"

namespace aerotool {

class ValueScan {
 public:
  /// `tensors` outlives this.
  explicit ValueScan(std::span<const Tensor> tensors);

  /// Looks at those tensors, indexes by ascending offset that do not overlap, when io::run goes through
  /// `region`, which begins at `start` in their file and stays where it is. A number or block that ends
  /// behind a block of the run is read once more.
  void visit(io::Region& region, std::uint64_t start, std::span<const std::uint32_t> tensors);
  /// The same for tensors that begin elsewhere in the region: `begins` is beside `tensors`.
  void visit(io::Region& region, std::span<const std::uint64_t> begins,
             std::span<const std::uint32_t> tensors);

  /// After the run: notes NaN as faults, infinities and tensors that are all zero as warnings.
  void tell(const std::string& path, Report& report, ValueFindings& findings) const;

 private:
  struct Place {
    std::uint64_t begin = 0;  // in the region
    std::uint64_t size = 0;
    std::uint32_t tensor = 0;
    const ValueRule* rule = nullptr;
  };

  struct Tally {
    ValueCounts counts;
    std::uint64_t units = 0;  // looked at
  };

  void look(const Place& place, const io::ReadAt& read, std::uint64_t begin, ByteSpan bytes);

  std::span<const Tensor> tensors_;
  std::mutex mutex_;
  std::vector<Tally> tallies_;  // by tensor
};

}  // namespace aerotool

// What every merge of tensors is: numbers that are computed from those of several tensors of one size.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "transfer/transforms/merge/numbers.hpp"
#include "transfer/value_source.hpp"

namespace aerotool::merging {

/// Doubles, of which each is rounded once by who writes them (transforms/cast.hpp). They depend on nothing
/// but the numbers of the sources: not on threads, vectors or how they are asked for.
class MergedValues : public DoubleSource {
 public:
  /// All of one count; at least one.
  explicit MergedValues(std::vector<Values> sources);

  std::uint64_t count() const final { return sources_.front()->count(); }
  void read(std::uint64_t first, std::span<double> out) const final;
  void for_each_run(std::uint64_t first, std::uint64_t count, const Visit& visit) const final;
  std::uint64_t unit() const final;
  const std::string& path() const final { return sources_.front()->path(); }
  std::vector<StoredTensor> inputs() const final;

 protected:
  std::size_t sources() const { return sources_.size(); }

 private:
  /// Fills `out` with the merged numbers from `first` on, of which `inputs` has those of every source. They
  /// are kMergedAtOnce at most.
  virtual void merge(std::uint64_t first, const Inputs& inputs, std::span<double> out) const = 0;

  std::vector<Values> sources_;
};

}  // namespace aerotool::merging

// What leaves out a part of the differences of a model from its base.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

namespace aerotool::merging {

class Sparsifier {
 public:
  Sparsifier() = default;
  Sparsifier(const Sparsifier&) = delete;
  Sparsifier& operator=(const Sparsifier&) = delete;
  virtual ~Sparsifier() = default;

  /// Makes those that are left out zero; `differences` are the tensor's from element `first` on. Thread-safe.
  virtual void apply(std::uint64_t first, std::span<double> differences) const = 0;
};

/// Null: nothing is left out.
using Sparsifying = std::shared_ptr<const Sparsifier>;

}  // namespace aerotool::merging

// What the hashes that two models carry say of their tensors, without a read of any weight.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/model.hpp"

namespace aerotool::tasks {

class CarriedHashes {
 public:
  /// `model` outlives this.
  explicit CarriedHashes(const Model& model);

  enum class Answer { same, different, unknown };
  /// Whether two tensors of the same dtype and shape have the same bytes if the hashes tell the truth: their
  /// own ones, or those of runs of bytes in which they stand at the same place.
  static Answer compare(const CarriedHashes& a, std::size_t tensor_a, const CarriedHashes& b,
                        std::size_t tensor_b);

 private:
  struct Place {
    const HashedRun* run = nullptr;  // null: under none
    std::uint64_t offset = 0;
  };
  /// Of a whole tensor: its own, or that of the hashed run which it fills.
  std::optional<Digest> digest(std::size_t tensor) const;

  const Model& model_;
  std::vector<HashedRun> hashed_runs_;
  std::vector<Place> places_;  // of each tensor; empty without hashed runs
};

}  // namespace aerotool::tasks

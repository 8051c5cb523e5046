// Which tensors of two models differ, and by how much.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "io/progress.hpp"
#include "model/model.hpp"
#include "tasks/compare/numeric.hpp"

namespace aerotool::tasks {

struct ByteDifference {
  std::uint64_t changed = 0;  ///< bytes
  std::uint64_t first = 0;    ///< the offset of the first in the tensor, where there is one
  /// The element that holds it, as its bits, where the dtype is numeric.
  std::uint64_t bits_a = 0;
  std::uint64_t bits_b = 0;
};

struct TensorDifference {
  /// The gravest first.
  enum class Kind {
    only_in_a,
    only_in_b,
    form,  ///< dtype or shape; of a dtype whose geometry is not known, also the size
    hash,  ///< the hashes that both carry; the bytes were not read
    bytes
  };
  Kind kind = Kind::bytes;
  const Tensor* a = nullptr;  ///< null where it is only in B
  const Tensor* b = nullptr;
  /// Of one side or both, the tensor is a quantized weight that several tensors hold between them: of
  /// Kind::bytes, `bytes` has what changed in all of them, and no first byte.
  bool in_parts = false;
  ByteDifference bytes = {};                      ///< of Kind::bytes
  std::optional<NumericDifference> numeric = {};  ///< where it was asked for and can be told
};

struct WeightDifference {
  /// Ordered by how much changed: by kind; then what has no numbers, by the share of its bytes, and behind it
  /// what has, by NumericDifference::gravity(); ties by the share, then by name. Where blocks are
  /// dequantized, kinds order only what has no numbers: what has comes behind all of it.
  std::vector<TensorDifference> tensors;
  std::uint64_t in_both = 0;
  std::uint64_t in_both_bytes = 0;       ///< of A's
  std::uint64_t by_hash = 0;             ///< how many of those were told to be the same by hashes
  std::uint64_t not_compared = 0;        ///< how many of those nothing is known of, as they are on a server
  std::uint64_t not_compared_bytes = 0;  ///< of A's
  /// Keeps those that `tensors` point to and no model has: quantized weights.
  std::vector<std::shared_ptr<const void>> decoded;

  std::uint64_t count(TensorDifference::Kind kind) const;
  /// How many are in both, and were found to be the same.
  std::uint64_t same() const;
};

struct CompareOptions {
  bool full = false;     ///< reads what hashes say is the same, too, and what is on a server
  bool numeric = false;  ///< numbers are compared as such; also where only the dtypes differ
  /// The same, and of quantized blocks the numbers that they stand for; so are weights that several tensors
  /// hold between them, in the place of these.
  bool dequantize = false;
  unsigned jobs = 1;
  io::Progress* progress = nullptr;
};

/// Reads the tensors that are in both models and not told to be the same by hashes that both carry; of what
/// is on a server, hashes alone are compared, also those of whole files (whole_files.hpp). What is read is
/// held to all hashes of its model: throws CorruptError that names the tensors. With `dequantize` also throws
/// what quantized_weights() throws. The result is the same for any number of jobs. It points into the models.
WeightDifference compare_weights(const Model& a, const Model& b, const CompareOptions& options);

}  // namespace aerotool::tasks

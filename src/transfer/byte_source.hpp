// Where the bytes of a planned tensor come from: a model that stores them, or something that makes them (a
// gather of strided elements, an inflated member of an archive, a cast, a sum of several models).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace aerotool {

/// A tensor as a model stores it. The model outlives this.
struct StoredTensor {
  const Model* model = nullptr;
  std::size_t index = 0;  ///< into model->tensors()

  const Tensor& tensor() const { return model->tensors()[index]; }
};

/// Bytes that no model stores as they are. Nothing of them is held but what is being read.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  virtual std::uint64_t size() const = 0;
  /// Fills `out` with the bytes from `offset` on; the range is inside of the source. The same bytes each
  /// time. Thread-safe. Throws what Model::read throws.
  virtual void read(std::uint64_t offset, std::span<std::byte> out) const = 0;
  /// How messages name the file that the bytes are made from.
  virtual const std::string& path() const = 0;

  /// What is made at once (a block, a member of an archive), in bytes: half of one takes as long as all of
  /// it.
  virtual std::uint64_t unit() const { return 1; }
  /// Whether going back is costly. Then one thread reads from front to back, and goes back by less than 1
  /// KiB.
  virtual bool in_order() const { return false; }

  /// The stored tensors that the bytes are made from. They are held to the hashes that their models carry of
  /// them before what is made from them counts as written.
  virtual std::vector<StoredTensor> inputs() const { return {}; }

  /// After all of it was read, and before what was written counts: throws UnsupportedError where it must not.
  virtual void judge() const {}
  /// Whether judge() may throw: what goes to a stream is read once before, then.
  virtual bool may_refuse() const { return false; }
};

}  // namespace aerotool

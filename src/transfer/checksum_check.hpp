// Holds stored tensors to the hashes of their bytes that are not BLAKE3 (transfer/ordered_checksums.hpp),
// over a read that somebody makes anyway.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "hash/checksum.hpp"
#include "transfer/byte_source.hpp"
#include "transfer/ordered_checksums.hpp"

namespace aerotool {

/// The hash that a model carries of a tensor's bytes as Model::read gives them; nothing where it has none, or
/// read() itself checks it.
std::optional<hash::Checksum> checksum_of_bytes(const Model& model, std::size_t tensor);

class ChecksumCheck {
 public:
  /// Tells which tensor a number means, for as long as this lives.
  using Stored = std::function<StoredTensor(std::size_t number)>;
  explicit ChecksumCheck(Stored stored);
  ChecksumCheck(const ChecksumCheck&) = delete;
  ChecksumCheck& operator=(const ChecksumCheck&) = delete;

  /// If its model carries such a hash of the tensor, it is expected under this number.
  void expect(std::size_t number);
  bool any() const { return checksums_.any(); }
  bool expects(std::size_t number) const { return checksums_.wants(number); }
  /// One of this kind: after judge(), result() is what was expected.
  bool expects(std::size_t number, hash::Algorithm algorithm) const {
    return checksums_.wants(number, algorithm);
  }
  hash::Checksum result(std::size_t number) const { return checksums_.result(number); }

  /// As OrderedChecksums::add.
  void add(std::size_t number, std::uint64_t offset, ByteSpan bytes) {
    checksums_.add(number, offset, bytes);
  }
  /// After the last of them. Throws CorruptError that names the tensors whose bytes do not have their hashes,
  /// and what Model::read throws.
  void judge();

 private:
  Stored stored_;
  OrderedChecksums checksums_;
};

}  // namespace aerotool

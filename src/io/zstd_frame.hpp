// One zstd frame of any size, which can only be decoded from its beginning (io/forward_reader.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "hash/checksum.hpp"
#include "io/digester.hpp"
#include "io/forward_reader.hpp"
#include "io/zstd_reader.hpp"

namespace aerotool::io {

/// The bytes of a frame, as they are stored, do not have the hash that they should have.
class StoredHashProblem : public ZstdProblem {
 public:
  using ZstdProblem::ZstdProblem;
};

class ZstdFrame {
 public:
  /// The `stored` bytes that `read` reads decode to `decoded` ones.
  struct Sizes {
    std::uint64_t stored = 0;
    std::uint64_t decoded = 0;
  };
  /// `expected` is of the stored bytes.
  ZstdFrame(ReadAt read, Sizes sizes, std::optional<hash::Checksum> expected = {});

  /// As ForwardReader::read; what reaches the end checks the hash, too. Throws ZstdProblem, and what `read`
  /// throws.
  void read(std::uint64_t offset, std::span<std::byte> out) const { decoded_.read(offset, out); }

 private:
  ForwardReader decoded_;
};

/// What a frame decodes to, by decoding it; at most `most`. Throws ZstdProblem, also where it is more.
std::uint64_t decoded_size_of_frame(const ReadAt& read, std::uint64_t stored, std::uint64_t most);

}  // namespace aerotool::io

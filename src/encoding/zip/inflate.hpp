// Raw deflate (RFC 1951), inflated as it is read, by zlib.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "core/bytes.hpp"
#include "io/digester.hpp"
#include "io/forward_reader.hpp"

namespace aerotool::zip {

/// What is wrong with deflated bytes; who knows the file makes an Error of it.
class InflateProblem : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// They inflate to other bytes than those that the CRC-32 is of.
class CrcProblem : public InflateProblem {
 public:
  using InflateProblem::InflateProblem;
};

/// "it has CRC-32 12345678, not 9abcdef0"
std::string crc_problem(std::uint32_t found, std::uint32_t expected);

/// Inflates once, from front to back.
class Inflater {
 public:
  /// The next deflated bytes, valid until the next call; empty at the end.
  using Source = std::function<ByteSpan()>;
  explicit Inflater(Source source);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) = delete;

  /// Fills `out`; fewer bytes only at the end of the stream, where the source has to end too. Throws
  /// InflateProblem.
  std::size_t read(std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What a run of deflated bytes inflates to (io/forward_reader.hpp).
class InflatedBytes {
 public:
  /// The `stored` bytes that `read` reads inflate to `inflated` ones.
  struct Sizes {
    std::uint64_t stored = 0;
    std::uint64_t inflated = 0;
  };
  /// `expected_crc` is of the inflated bytes.
  InflatedBytes(io::ReadAt read, Sizes sizes, std::optional<std::uint32_t> expected_crc);

  /// As ForwardReader::read; what reaches the end checks the CRC-32, too. Never inflates more than one byte
  /// above the size. Throws InflateProblem, and what `read` throws.
  void read(std::uint64_t offset, std::span<std::byte> out) const { bytes_.read(offset, out); }

 private:
  io::ForwardReader bytes_;
};

}  // namespace aerotool::zip

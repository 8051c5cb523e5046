// How bytes of a tensor lie in a file: encoded, shared with other tensors, or as a strided view of others.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hash/checksum.hpp"
#include "model/tensor.hpp"

namespace aerotool {

/// What has to be undone to get at the bytes.
enum class StoredEncoding : std::uint8_t {
  raw,
  zstd,
  deflate,
  zstd_seekable,  ///< zstd frames with a table of them
  big_endian,     ///< raw, but for the order of the bytes of an element
  unknown         ///< not to be read
};

/// "raw", "zstd", "deflate", "zstd-seekable", "big-endian", "unknown"
std::string_view name_of(StoredEncoding encoding);
std::optional<StoredEncoding> stored_encoding_named(std::string_view name);

/// A run of a file and what it decodes to.
struct StoredRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  StoredEncoding encoding = StoredEncoding::raw;
  std::uint64_t decoded_length = 0;  ///< the same as `length` where it is raw
  std::optional<hash::Checksum> checksum = {};

  /// A part of it can be read without what stands before.
  bool random_access() const {
    return encoding != StoredEncoding::zstd && encoding != StoredEncoding::deflate;
  }
  /// Nothing on overflow.
  std::optional<std::uint64_t> end() const;
};

/// By range: the first one that has the very same bytes, itself where none before it has. What is encoded
/// shares with what is encoded alike.
std::vector<std::size_t> first_of_aliases(std::span<const StoredRange> ranges);

/// Whether two of them share bytes without being the same.
bool any_overlap(std::span<const StoredRange> ranges);

/// Elements of a run of elements (a storage), as NumPy and PyTorch describe them: [i, j] is the element
/// `begin + i * strides[0] + j * strides[1]`.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct StridedView {
  std::uint64_t begin = 0;
  Shape shape;
  std::vector<std::int64_t> strides;  ///< one a dimension; 0 repeats, a negative one goes back
};

/// The strides of elements that lie in row-major order without gaps; nothing on overflow.
std::optional<std::vector<std::int64_t>> row_major_strides(std::span<const std::uint64_t> shape);

/// The elements lie in row-major order without gaps: a plain run from `begin` on.
bool is_row_major(const StridedView& view);
/// Of a stride, which may be negative.
std::uint64_t magnitude_of(std::int64_t stride);

/// The elements that a view reaches: [begin, end). Nothing where it has other than one stride a dimension,
/// leaves the numbers below 2^63, or begins before the first element.
struct ElementRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};
std::optional<ElementRange> reach_of(const StridedView& view);

/// Of a view that reach_of() accepts: where the element lies that is the `number`-th in row-major order.
std::uint64_t element_at(const StridedView& view, std::uint64_t number);

/// Of a view that reach_of() accepts: from each multiple of so many on, that many elements lie side by side,
/// so that one read takes them.
std::uint64_t elements_in_a_run(const StridedView& view);

}  // namespace aerotool

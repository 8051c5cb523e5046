// Parts as they are stored where that is not as they are: in zstd frames, or in the other order of bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "formats/ztensor/facts.hpp"
#include "io/digester.hpp"
#include "io/forward_reader.hpp"
#include "io/seekable_zstd.hpp"
#include "transfer/byte_source.hpp"
#include "transfer/planned_tensor.hpp"

namespace aerotool::ztensor {

/// How releases of the reference encode: a level that nobody gave, and the content of a seekable frame
/// (src/formats/ztensor/FORMAT.md, "Manifest", "Encoding `zt.zstd-seekable/1`").
inline constexpr int kUsualLevel = 3;
inline constexpr std::uint64_t kFrameContent = io::kUsualSeekableFrame;

/// The `size` bytes that `read` reads, encoded; read from front to back. Which has other than `stored` bytes
/// throws CorruptError that names `where`.
std::unique_ptr<io::ForwardReader> encoded(io::ReadAt read, std::uint64_t size, Encoding encoding,
                                           std::uint64_t stored, Where where);

/// Whether the reference's encoder makes `stored` bytes of `size` ones, and which are the same.
bool encodes_alike(const io::ReadAt& read, std::uint64_t size, Encoding encoding,
                   const io::ReadAt& read_stored, std::uint64_t stored);

/// A part of a plan, encoded or with the bytes of its elements reversed.
std::shared_ptr<const ByteSource> stored_form(const PlannedTensor& planned, Encoding encoding,
                                              std::uint64_t stored, std::uint64_t swapped_width);

}  // namespace aerotool::ztensor

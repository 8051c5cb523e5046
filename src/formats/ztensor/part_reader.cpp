#include "formats/ztensor/part_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/reversed.hpp"
#include "formats/ztensor/rules.hpp"
#include "hash/running_checksum.hpp"
#include "io/seekable_zstd.hpp"
#include "io/zstd_frame.hpp"

namespace aerotool::ztensor {
namespace {

/// Those that threads use beside each other, and not many more: each holds what it decoded last.
constexpr std::size_t kMaxDecoders = 4;
constexpr std::size_t kLeastDecoders = 2;
constexpr std::uint64_t kMaxDecoded = std::uint64_t{8} << 20;  // of the tensors of them
constexpr std::size_t kReadAtOnce = std::size_t{256} << 10;

}  // namespace

/// One of them is there.
struct PartReader::Decoder {
  std::optional<io::ZstdFrame> frame;
  std::optional<io::SeekableZstd> seekable;

  void read(std::uint64_t offset, std::span<std::byte> out) const {
    frame ? frame->read(offset, out) : seekable->read(offset, out);
  }
};

PartReader::PartReader(const std::vector<std::shared_ptr<io::Input>>& files, const TensorTable& table)
    : files_(files), table_(table) {}

const io::Input& PartReader::file_of(std::size_t tensor) const {
  return *files_[table_.parts[tensor].file];
}

void PartReader::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  const StoredPart& part = table_.parts[tensor];
  const Tensor& described = table_.tensors[tensor];
  const auto where = [&] {
    return Where{file_of(tensor).name(), described.offset, shortened(described.name)};
  };
  if (part.encoding == Encoding::unknown) {
    throw UnsupportedError(where(), said(Rule::encoding, "it has an encoding that is not known"));
  }
  if (part.encoding == Encoding::raw) {
    if (part.swapped_width != 1) return read_swapped(tensor, offset, out);
    if (out.empty()) return;
    return file_of(tensor).read(described.offset + offset, out);
  }
  try {
    decoder_of(tensor)->read(offset, out);
  } catch (const io::StoredHashProblem& problem) {
    throw CorruptError(where(), said(Rule::digest, problem.what()), code_of(Rule::digest));
  } catch (const io::ZstdProblem& problem) {
    throw CorruptError(where(), said(Rule::encoding, problem.what()), code_of(Rule::encoding));
  }
}

void PartReader::require_stored_digest(std::size_t tensor) const {
  const StoredPart& part = table_.parts[tensor];
  const std::lock_guard lock(mutex_);
  const auto expected = table_.checksum(tensor);
  if (!expected || sound_.contains(tensor)) return;
  hash::RunningChecksum checksum(expected->algorithm);
  std::vector<std::byte> block(kReadAtOnce);
  for (std::uint64_t at = 0; at < part.length;) {
    const auto piece = std::span(block).first(std::min<std::uint64_t>(block.size(), part.length - at));
    file_of(tensor).read(table_.tensors[tensor].offset + at, piece);
    checksum.add(piece);
    at += piece.size();
  }
  const hash::Checksum found = checksum.finish(expected->over);
  if (found != *expected) {
    refuse(Rule::digest,
           {file_of(tensor).name(), table_.tensors[tensor].offset, shortened(table_.tensors[tensor].name)},
           "the stored bytes have " + hash::to_string(found) + ", and the file says " +
               hash::to_string(*expected));
  }
  sound_.insert(tensor);
}

void PartReader::read_swapped(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  require_stored_digest(tensor);
  const Tensor& described = table_.tensors[tensor];
  const auto read = [&](std::uint64_t at, std::span<std::byte> bytes) {
    file_of(tensor).read(described.offset + at, bytes);
  };
  read_reversed(read, described.size, table_.parts[tensor].swapped_width, offset, out);
}

std::shared_ptr<const PartReader::Decoder> PartReader::decoder_of(std::size_t tensor) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(recent_, tensor, [](const auto& entry) { return entry.first; });
  if (known != recent_.end()) {
    std::rotate(recent_.begin(), known, known + 1);
    return recent_.front().second;
  }
  const StoredPart& part = table_.parts[tensor];
  const std::uint64_t size = table_.tensors[tensor].size;
  const io::ReadAt read = [&file = file_of(tensor), begin = table_.tensors[tensor].offset](
                              std::uint64_t offset, std::span<std::byte> out) {
    file.read(begin + offset, out);
  };
  auto decoder = std::make_shared<Decoder>();
  if (part.encoding == Encoding::zstd) {
    const auto checksum = table_.checksum(tensor);
    const bool of_stored = checksum && checksum->over == hash::Checksum::Over::stored;
    decoder->frame.emplace(read, io::ZstdFrame::Sizes{.stored = part.length, .decoded = size},
                           of_stored ? checksum : std::nullopt);
  } else {
    decoder->seekable.emplace(read, part.length);
    if (decoder->seekable->size() != size) {
      throw io::ZstdProblem("the table of frames has " + plural(decoder->seekable->size(), "byte") +
                            ", and the index says " + with_thousands(size));
    }
  }
  recent_.emplace_front(tensor, std::move(decoder));
  forget_some();
  return recent_.front().second;
}

void PartReader::forget_some() const {
  std::uint64_t decoded = 0;
  for (std::size_t i = 0; i < recent_.size(); ++i) {
    decoded += std::min(table_.tensors[recent_[i].first].size, kMaxDecoded);
    if (i < kLeastDecoders || (decoded <= kMaxDecoded && i < kMaxDecoders)) continue;
    recent_.resize(i);
    return;
  }
}

io::ReadAt reader_of(const std::vector<std::shared_ptr<io::Input>>& files, const TensorTable& table,
                     std::size_t tensor) {
  const auto reader = std::make_shared<const PartReader>(files, table);
  return
      [reader, tensor](std::uint64_t offset, std::span<std::byte> out) { reader->read(tensor, offset, out); };
}

}  // namespace aerotool::ztensor

#include "tasks/extract/pieces.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/pipeline.hpp"
#include "transfer/checksum_check.hpp"

namespace aerotool::tasks {
namespace {

/// Puts texts where they belong among bytes that come in order.
class TextStream {
 public:
  TextStream(io::Output& output, std::span<const PlacedText> texts) : output_(output), texts_(texts) {}

  void write(ByteSpan bytes) {
    write_texts();
    output_.write(bytes);
    position_ += bytes.size();
  }
  /// Those that stand here.
  void write_texts() {
    for (; !texts_.empty() && texts_.front().offset == position_; texts_ = texts_.subspan(1)) {
      output_.write(bytes_of(texts_.front().bytes));
      position_ += texts_.front().bytes.size();
    }
  }

 private:
  io::Output& output_;
  std::span<const PlacedText> texts_;
  std::uint64_t position_ = 0;
};

}  // namespace

PieceCopier::PieceCopier(const Model& model, unsigned jobs) : model_(model), jobs_(jobs) {
  for (const HashedRun& run : model_.hashed_runs()) {
    for (const HashedRun::Member& member : run.members) {
      if (model_.tensors()[member.tensor].size == run.length)
        shard_digests_.emplace(member.tensor, run.digest);
    }
  }
}

bool PieceCopier::is_whole(const TensorPiece& piece) const {
  return piece.begin == 0 && piece.end == model_.tensors()[piece.tensor].size;
}

/// The hash of a whole tensor: its own, or that of the shard it fills.
std::optional<Digest> PieceCopier::digest_of(std::size_t tensor) const {
  const Tensor& described = model_.tensors()[tensor];
  if (described.digest) return described.digest;
  const auto sealed = shard_digests_.find(tensor);
  if (sealed == shard_digests_.end()) return std::nullopt;
  return sealed->second;
}

void PieceCopier::check(const TensorPiece& piece) const {
  if (is_whole(piece) && digest_of(piece.tensor)) return;  // held to its hash as it is copied
  if (!is_whole(piece)) require_checksum(piece.tensor);
  if (model_.verify_pages(piece.tensor, piece.begin, piece.end) || !digest_of(piece.tensor)) return;
  const auto read = [&](std::uint64_t offset, std::span<std::byte> out) {
    model_.read(piece.tensor, offset, out);
  };
  require_digest(piece.tensor, io::hash_range(model_.tensors()[piece.tensor].size, read, jobs_, nullptr));
}

/// Reads all of a tensor where it carries a hash of another kind.
void PieceCopier::require_checksum(std::size_t tensor) const {
  ChecksumCheck check([&](std::size_t) -> StoredTensor { return {&model_, tensor}; });
  check.expect(0);
  check.judge();
}

void PieceCopier::require_digest(std::size_t tensor, const Digest& found) const {
  const Digest expected = *digest_of(tensor);
  if (found == expected) return;
  const Tensor& whole = model_.tensors()[tensor];
  throw CorruptError(
      {model_.path(), whole.offset, whole.name},
      "its bytes are corrupt: their BLAKE3 is " + to_hex(found) + ", the file says " + to_hex(expected));
}

void PieceCopier::copy(std::span<const TensorPiece> pieces, const Way& way) const {
  copy(pieces, way, nullptr);
}

std::vector<std::uint32_t> PieceCopier::copy_with_crcs(std::span<const TensorPiece> pieces,
                                                       const Way& way) const {
  std::deque<hash::Crc32OfPieces> crcs;
  copy(pieces, way, &crcs);
  std::vector<std::uint32_t> values;
  for (const hash::Crc32OfPieces& crc : crcs) values.push_back(crc.value());
  return values;
}

void PieceCopier::copy(std::span<const TensorPiece> pieces, const Way& way,
                       std::deque<hash::Crc32OfPieces>* crcs) const {
  const bool is_stream = way.output != nullptr && !way.output->seekable();
  std::vector<io::Region> regions(pieces.size());
  std::vector<io::HashTask> tasks(pieces.size());
  ChecksumCheck checksums([&](std::size_t i) -> StoredTensor { return {&model_, pieces[i].tensor}; });
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const TensorPiece& piece = pieces[i];
    io::Region& region = regions[i];
    region.length = piece.size();
    region.read = [this, piece](std::uint64_t at, std::span<std::byte> out) {
      model_.read(piece.tensor, piece.begin + at, out);
    };
    if (!is_stream) region.output = way.output;
    region.output_offset = piece.offset;
    if (is_whole(piece) && digest_of(piece.tensor)) io::add_whole_digest(region, tasks[i]);
    if (is_whole(piece)) checksums.expect(i);
    hash::Crc32OfPieces* crc = crcs == nullptr ? nullptr : &crcs->emplace_back(piece.size());
    if (crc != nullptr || checksums.expects(i)) {
      region.visit = [&checksums, crc, i](std::uint64_t begin, ByteSpan bytes) {
        if (crc != nullptr) crc->add(begin, bytes);
        checksums.add(i, begin, bytes);
      };
    } else if (way.output == nullptr && region.layers.empty()) {
      region.length = 0;
    }
  }
  io::RunOptions options = {
      .jobs = jobs_for_reading(model_, jobs_), .progress = way.progress, .in_order = {}};
  std::optional<TextStream> stream;
  if (is_stream) {
    stream.emplace(*way.output, way.texts);
    options.in_order = [&stream](ByteSpan bytes) { stream->write(bytes); };
  }
  if (model_.is_remote()) {
    std::vector<std::size_t> wanted;
    for (const TensorPiece& piece : pieces) {
      if (is_whole(piece)) wanted.push_back(piece.tensor);
    }
    model_.expect_reads(wanted);
  }
  io::run(regions, options);
  if (stream) stream->write_texts();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (!regions[i].layers.empty()) require_digest(pieces[i].tensor, tasks[i].digest);
  }
  checksums.judge();
}

}  // namespace aerotool::tasks

#include "io/zstd_frame.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "hash/running_checksum.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kStoredAtOnce = std::uint64_t{128} << 10;
constexpr std::uint64_t kDecodedAtOnce = std::uint64_t{256} << 10;

/// Decodes a frame once, and hashes what it reads.
class Decoding {
 public:
  Decoding(ReadAt read, std::uint64_t stored, std::optional<hash::Checksum> expected)
      : read_(std::move(read)),
        stored_(stored),
        expected_(expected),
        decoder_([this] { return next_stored(); }, ZstdReader::Frames::one) {
    if (expected_) checksum_.emplace(expected_->algorithm);
  }
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;

  std::size_t next(std::span<std::byte> out) {
    const std::size_t count = decoder_.read(out);
    if (count < out.size()) check_stored();
    return count;
  }

 private:
  ByteSpan next_stored() {
    block_.resize(std::min(stored_ - position_, kStoredAtOnce));
    if (!block_.empty()) read_(position_, block_);
    position_ += block_.size();
    if (checksum_) checksum_->add(block_);
    return block_;
  }

  void check_stored() {
    if (!checksum_) return;
    const hash::Checksum found = checksum_->finish(expected_->over);
    checksum_.reset();
    if (found == *expected_) return;
    throw StoredHashProblem("the stored bytes have " + hash::to_string(found) + ", and the file says " +
                            hash::to_string(*expected_));
  }

  ReadAt read_;
  std::uint64_t stored_;
  std::optional<hash::Checksum> expected_;
  std::optional<hash::RunningChecksum> checksum_;
  std::vector<std::byte> block_;
  std::uint64_t position_ = 0;
  ZstdReader decoder_;
};

}  // namespace

ZstdFrame::ZstdFrame(ReadAt read, Sizes sizes, std::optional<hash::Checksum> expected)
    : decoded_(
          sizes.decoded,
          [read = std::move(read), sizes, expected] {
            auto decoding = std::make_shared<Decoding>(read, sizes.stored, expected);
            return [decoding](std::span<std::byte> out) { return decoding->next(out); };
          },
          [sizes](std::uint64_t at_least, bool are_more) {
            if (are_more)
              throw ZstdProblem("the zstd frame decodes to more than " + plural(sizes.decoded, "byte"));
            throw ZstdProblem("the zstd frame decodes to " + plural(at_least, "byte") + ", not to " +
                              with_thousands(sizes.decoded));
          }) {}

std::uint64_t decoded_size_of_frame(const ReadAt& read, std::uint64_t stored, std::uint64_t most) {
  Decoding decoding(read, stored, {});
  std::vector<std::byte> out(kDecodedAtOnce);
  std::uint64_t size = 0;
  while (const std::size_t count = decoding.next(out)) {
    size += count;
    if (size > most) throw ZstdProblem("the zstd frame decodes to more than " + plural(most, "byte"));
  }
  return size;
}

}  // namespace aerotool::io

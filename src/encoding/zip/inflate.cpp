#include "encoding/zip/inflate.hpp"

#define ZLIB_CONST
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "hash/checksum.hpp"
#include "hash/crc32.hpp"

namespace aerotool::zip {
namespace {

constexpr std::uint64_t kStoredAtOnce = std::uint64_t{128} << 10;

}  // namespace

std::string crc_problem(std::uint32_t found, std::uint32_t expected) {
  const auto text = [](std::uint32_t crc) {
    return to_hex(hash::checksum_of(hash::Algorithm::crc32, crc).bytes());
  };
  return "it has CRC-32 " + text(found) + ", not " + text(expected);
}

struct Inflater::State {
  explicit State(Source from) : source(std::move(from)) {
    // A negative number of bits: no head and no tail around the stream.
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { inflateEnd(&stream); }

  bool refill() {
    if (pending.empty() && !source_ended) {
      pending = source();
      source_ended = pending.empty();
    }
    return !pending.empty();
  }

  Source source;
  z_stream stream{};
  ByteSpan pending;
  bool source_ended = false;
  bool ended = false;
};

Inflater::Inflater(Source source) : state_(std::make_unique<State>(std::move(source))) {}
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;

std::size_t Inflater::read(std::span<std::byte> out) {
  constexpr std::size_t kMost = std::numeric_limits<uInt>::max();
  State& state = *state_;
  std::size_t filled = 0;
  while (filled < out.size()) {
    const bool more = state.refill();
    if (state.ended) {
      if (more) throw InflateProblem("bytes follow its deflated data");
      break;
    }
    const auto room = out.subspan(filled, std::min(out.size() - filled, kMost));
    const ByteSpan given = state.pending.first(std::min(state.pending.size(), kMost));
    state.stream.next_in = octets_of(given);
    state.stream.avail_in = static_cast<uInt>(given.size());
    state.stream.next_out = octets_of(room);
    state.stream.avail_out = static_cast<uInt>(room.size());
    const int result = inflate(&state.stream, Z_NO_FLUSH);
    const std::size_t taken = given.size() - state.stream.avail_in;
    const std::size_t made = room.size() - state.stream.avail_out;
    state.pending = state.pending.subspan(taken);
    filled += made;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END) {
      state.ended = true;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
      throw InflateProblem("its deflated data is broken");
    } else if (!more && made == 0) {
      throw InflateProblem("its deflated data ends too soon");
    }
  }
  return filled;
}

namespace {

/// Inflates a run once, and holds what comes of it to its CRC-32.
class Inflating {
 public:
  Inflating(io::ReadAt read, const InflatedBytes::Sizes& sizes, std::optional<std::uint32_t> expected_crc)
      : read_(std::move(read)),
        stored_(sizes.stored),
        size_(sizes.inflated),
        expected_crc_(expected_crc),
        inflater_([this] { return next_stored(); }) {}
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  std::size_t next(std::span<std::byte> out) {
    const std::size_t count = inflater_.read(out);
    if (expected_crc_) {
      crc_ = hash::crc32(out.first(count), crc_);
      // Where there are fewer bytes than there should be, that is what is told.
      const bool is_all = count < out.size() && inflated_ + count == size_;
      if (is_all && crc_ != *expected_crc_) throw CrcProblem(crc_problem(crc_, *expected_crc_));
    }
    inflated_ += count;
    return count;
  }

 private:
  ByteSpan next_stored() {
    block_.resize(std::min(stored_ - position_, kStoredAtOnce));
    if (!block_.empty()) read_(position_, block_);
    position_ += block_.size();
    return block_;
  }

  io::ReadAt read_;
  std::uint64_t stored_;
  std::uint64_t size_;
  std::optional<std::uint32_t> expected_crc_;
  std::uint32_t crc_ = 0;
  std::vector<std::byte> block_;
  std::uint64_t position_ = 0;
  std::uint64_t inflated_ = 0;
  Inflater inflater_;
};

}  // namespace

InflatedBytes::InflatedBytes(io::ReadAt read, Sizes sizes, std::optional<std::uint32_t> expected_crc)
    : bytes_(
          sizes.inflated,
          [read = std::move(read), sizes, expected_crc] {
            auto inflating = std::make_shared<Inflating>(read, sizes, expected_crc);
            return [inflating](std::span<std::byte> out) { return inflating->next(out); };
          },
          [sizes](std::uint64_t at_least, bool are_more) {
            if (are_more)
              throw InflateProblem("its data inflates to more than " + plural(sizes.inflated, "byte"));
            throw InflateProblem("its data inflates to " + plural(at_least, "byte") + ", not to " +
                                 with_thousands(sizes.inflated));
          }) {}

}  // namespace aerotool::zip

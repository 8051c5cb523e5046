#include "io/seekable_zstd.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint32_t kSkippableMagic = 0x184d2a5e;
constexpr std::uint32_t kTableMagic = 0x8f92eab1;
constexpr std::uint64_t kTableHead = 8;  // the skippable frame's magic and size
constexpr std::uint64_t kTableFoot = 9;  // count, descriptor, magic
constexpr std::uint32_t kHasChecksums = 0x80;
// The header of a frame: its magic, and a descriptor that says whether a checksum follows the content.
constexpr std::size_t kFrameDescriptor = 4;
constexpr std::byte kContentChecksum{4};
constexpr std::size_t kEntriesAtOnce = 4096;

[[noreturn]] void refuse(const std::string& message) {
  throw ZstdProblem(message);
}

struct Foot {
  std::uint64_t count = 0;
  std::uint64_t entry_size = 0;

  std::uint64_t size() const { return kTableHead + count * entry_size + kTableFoot; }
};

Foot read_foot(const ReadAt& read, std::uint64_t length) {
  if (length < kTableHead + kTableFoot) refuse("the data is too short for a table of its frames");
  std::array<std::byte, kTableFoot> bytes{};
  read(length - kTableFoot, bytes);
  if (load_le<std::uint32_t>(bytes, 5) != kTableMagic)
    refuse("the data does not end with a table of its frames");
  const auto descriptor = std::to_integer<std::uint32_t>(bytes[4]);
  if ((descriptor & ~kHasChecksums) != 0) refuse("the table of frames is of a kind that is not known");
  const Foot foot{load_le<std::uint32_t>(bytes), descriptor == 0 ? std::uint64_t{8} : std::uint64_t{12}};
  if (foot.count > kMaxSeekableFrames) {
    refuse("a table of " + with_thousands(foot.count) + " frames; at most " +
           with_thousands(kMaxSeekableFrames) + " are read");
  }
  if (foot.size() > length) refuse("the table of frames is longer than the data");
  return foot;
}

/// Adds the entries of the table one after the other.
class Entries {
 public:
  explicit Entries(std::uint64_t count) : count_(count) { table_.ends.reserve(count); }

  void add(std::uint64_t stored, std::uint64_t decoded) {
    const std::size_t frame = table_.ends.size();
    if (frame == 0) table_.frame_size = decoded;
    const bool is_last = frame + 1 == count_;
    if (decoded > kMaxSeekableFrame || decoded == 0)
      refuse("frame " + std::to_string(frame) + " decodes to " + plural(decoded, "byte") +
             ", which is not allowed");
    if (is_last ? decoded > table_.frame_size : decoded != table_.frame_size)
      refuse("frame " + std::to_string(frame) + " decodes to another size than the ones before");
    // So that little data cannot ask for much memory.
    if (stored > ZSTD_compressBound(decoded) + ZSTD_BLOCKSIZE_MAX)
      refuse("frame " + std::to_string(frame) + " is longer than what it decodes to");
    table_.ends.push_back((frame == 0 ? 0 : table_.ends.back()) + stored);
    table_.decoded_length += decoded;
  }

  SeekTable finish() { return std::move(table_); }

 private:
  std::uint64_t count_;
  SeekTable table_;
};

}  // namespace

std::uint64_t SeekTable::decoded_size(std::size_t frame) const {
  return frame + 1 == ends.size() ? decoded_length - frame * frame_size : frame_size;
}

SeekTable read_seek_table(const ReadAt& read, std::uint64_t length) {
  const Foot foot = read_foot(read, length);
  std::uint64_t at = length - foot.size();
  const std::uint64_t frames_end = at;
  std::array<std::byte, kTableHead> head{};
  read(at, head);
  if (load_le<std::uint32_t>(head) != kSkippableMagic ||
      load_le<std::uint32_t>(head, 4) != foot.size() - kTableHead)
    refuse("the table of frames does not begin where it should");
  at += kTableHead;
  Entries entries(foot.count);
  std::vector<std::byte> block;
  for (std::uint64_t done = 0; done < foot.count;) {
    const std::uint64_t count = std::min<std::uint64_t>(foot.count - done, kEntriesAtOnce);
    block.resize(count * foot.entry_size);
    read(at, block);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t entry = i * foot.entry_size;
      entries.add(load_le<std::uint32_t>(block, entry), load_le<std::uint32_t>(block, entry + 4));
    }
    at += block.size();
    done += count;
  }
  SeekTable table = entries.finish();
  if ((table.ends.empty() ? 0 : table.ends.back()) != frames_end)
    refuse("the table of frames describes other data than lies before it");
  return table;
}

std::string render_seek_table(std::span<const std::uint32_t> sizes) {
  std::vector<std::byte> table(kTableHead + sizes.size_bytes() + kTableFoot);
  std::size_t at = 0;
  const auto append = [&](std::uint32_t value) {
    store_le(std::span(table), at, value);
    at += sizeof value;
  };
  append(kSkippableMagic);
  append(static_cast<std::uint32_t>(table.size() - kTableHead));
  for (const std::uint32_t size : sizes) append(size);
  append(static_cast<std::uint32_t>(sizes.size() / 2));
  ++at;  // no checksums in the table
  append(kTableMagic);
  return std::string(chars_of(ByteSpan(table)));
}

SeekableZstd::SeekableZstd(ReadAt read, std::uint64_t length)
    : read_(std::move(read)), table_(read_seek_table(read_, length)) {}

void SeekableZstd::read(std::uint64_t offset, std::span<std::byte> out) const {
  std::unique_lock lock(mutex_);
  ++readers_;
  struct Leave {
    std::size_t& readers;
    ~Leave() { --readers; }
  } const leave{readers_};
  while (!out.empty()) {
    const std::size_t number = offset / table_.frame_size;
    Frame& frame = decoded_frame(number, lock);
    ++frame.users;
    lock.unlock();
    const auto rest = std::span(frame.bytes.get(), table_.decoded_size(number))
                          .subspan(offset - number * table_.frame_size);
    const auto piece = rest.first(std::min(out.size(), rest.size()));
    std::ranges::copy(piece, out.begin());
    out = out.subspan(piece.size());
    offset += piece.size();
    lock.lock();
    --frame.users;
  }
}

SeekableZstd::Frame& SeekableZstd::decoded_frame(std::size_t number,
                                                 std::unique_lock<std::mutex>& lock) const {
  bool looks_ahead = true;
  for (;;) {
    const auto known = frames_.find(number);
    if (known == frames_.end()) {
      decode(number, lock);
    } else if (known->second.failure) {
      const std::exception_ptr failure = known->second.failure;
      frames_.erase(known);
      std::rethrow_exception(failure);
    } else if (known->second.is_decoded) {
      return known->second;
    } else {
      // Another thread is at it.
      const std::size_t end = looks_ahead ? std::min(table_.ends.size(), number + readers_) : 0;
      std::size_t next = number + 1;
      while (next < end && frames_.contains(next)) ++next;
      if (next < end) {
        looks_ahead = decode_ahead(next, lock);
      } else {
        changed_.wait(lock);
      }
    }
  }
}

bool SeekableZstd::decode_ahead(std::size_t number, std::unique_lock<std::mutex>& lock) const {
  try {
    decode(number, lock);
    return true;
  } catch (...) {
    // Whoever asks for the frame is told: a disk that fails once may not do so again.
    const auto [at, is_new] = frames_.try_emplace(number);
    if (is_new) at->second.failure = std::current_exception();
    return false;
  }
}

void SeekableZstd::decode(std::size_t number, std::unique_lock<std::mutex>& lock) const {
  const auto at = begin_frame(number);
  std::list<Decoder> decoder;
  try {
    if (idle_.empty()) {
      decoder.emplace_back();
    } else {
      decoder.splice(decoder.begin(), idle_, idle_.begin());
    }
    lock.unlock();
    decode_into(at->second, number, decoder.front());
    lock.lock();
  } catch (...) {
    // Who waits for it tries it again, and fails by itself.
    if (!lock) lock.lock();
    frames_.erase(at);
    changed_.notify_all();
    throw;
  }
  idle_.splice(idle_.begin(), decoder);
  at->second.is_decoded = true;
  changed_.notify_all();
}

SeekableZstd::Frames::iterator SeekableZstd::begin_frame(std::size_t number) const {
  // Reading goes forward: the first are the ones that nobody comes back to. A frame takes over the memory of
  // one of them, as new memory costs about as much as to decode to it.
  Frames::node_type taken;
  for (auto at = frames_.begin(); at != frames_.end() && frames_.size() >= 2 * readers_;) {
    const auto next = std::next(at);
    if (at->second.is_decoded && at->second.users == 0) taken = frames_.extract(at);
    at = next;
  }
  if (!taken) return frames_.try_emplace(number).first;
  taken.key() = number;
  taken.mapped().is_decoded = false;
  return frames_.insert(std::move(taken)).position;
}

void SeekableZstd::decode_into(Frame& frame, std::size_t number, Decoder& decoder) const {
  if (!decoder.context) decoder.context.reset(ZSTD_createDCtx());
  if (!decoder.context) throw std::bad_alloc();
  const std::uint64_t begin = table_.stored_begin(number);
  decoder.stored.resize(table_.ends[number] - begin);
  const std::span<std::byte> stored(decoder.stored);
  read_(begin, stored);
  const std::string name = "zstd frame " + std::to_string(number);
  if (stored.size() <= kFrameDescriptor || (stored[kFrameDescriptor] & kContentChecksum) == std::byte{0})
    refuse(name + " has no checksum");
  if (ZSTD_findFrameCompressedSize(stored.data(), stored.size()) != stored.size())
    refuse(name + " is broken, or not alone in its place");
  const std::uint64_t expected = table_.decoded_size(number);
  if (!frame.bytes) frame.bytes = std::make_unique_for_overwrite<std::byte[]>(table_.frame_size);
  const std::size_t size =
      ZSTD_decompressDCtx(decoder.context.get(), frame.bytes.get(), expected, stored.data(), stored.size());
  if (ZSTD_isError(size) != 0) refuse(name + " is broken: " + ZSTD_getErrorName(size));
  if (size != expected) {
    refuse(name + " decodes to " + plural(size, "byte") + ", and the table says " + with_thousands(expected));
  }
}

}  // namespace aerotool::io

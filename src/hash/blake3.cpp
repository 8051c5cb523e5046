#include "hash/blake3.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

// The official implementation's internal header is C that brings in the intrinsics; those have to be seen as
// C++ first.
#if defined(__x86_64__)
#include <immintrin.h>
#endif
extern "C" {
#include <blake3.h>
#include <blake3_impl.h>
}

namespace aerotool::hash {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kBlockBytes = BLAKE3_BLOCK_LEN;
// As many inputs as the widest kernel takes at once; hash_many itself splits for narrower ones.
constexpr std::size_t kMaxInputs = 64;

static_assert(kLeafBytes == BLAKE3_CHUNK_LEN);
static_assert(kDigestBytes == BLAKE3_OUT_LEN);

/// Chaining values of whole leaves, 32 bytes each, into `out`.
void hash_whole_leaves(ByteSpan bytes, std::uint64_t first_leaf, std::span<std::byte> out) {
  std::array<const std::uint8_t*, kMaxInputs> inputs{};
  const std::size_t count = bytes.size() / kLeafBytes;
  for (std::size_t done = 0; done < count;) {
    const std::size_t batch = std::min(count - done, kMaxInputs);
    for (std::size_t i = 0; i < batch; ++i) inputs[i] = octets_of(bytes.subspan((done + i) * kLeafBytes));
    blake3_hash_many(inputs.data(), batch, kLeafBytes / kBlockBytes, IV, first_leaf + done, true, 0,
                     CHUNK_START, CHUNK_END, octets_of(out.subspan(done * kDigestBytes)));
    done += batch;
  }
}

/// The chaining value of a last leaf of 1 to 1024 bytes that is not the only one.
void hash_short_leaf(ByteSpan bytes, std::uint64_t leaf, std::span<std::byte> out) {
  std::array<std::uint32_t, 8> cv{};
  std::copy(std::begin(IV), std::end(IV), cv.begin());
  std::uint8_t flags = CHUNK_START;
  while (bytes.size() > kBlockBytes) {
    blake3_compress_in_place(cv.data(), octets_of(bytes), kBlockBytes, leaf, flags);
    flags = 0;
    bytes = bytes.subspan(kBlockBytes);
  }
  std::array<std::uint8_t, kBlockBytes> block{};
  std::memcpy(block.data(), bytes.data(), bytes.size());
  blake3_compress_in_place(cv.data(), block.data(), static_cast<std::uint8_t>(bytes.size()), leaf,
                           flags | CHUNK_END);
  store_cv_words(octets_of(out), cv.data());
}

/// Chaining values of the parents of `pairs` pairs of children, in place.
void hash_parents(std::span<std::byte> values, std::size_t pairs) {
  std::array<const std::uint8_t*, kMaxInputs> inputs{};
  // The kernels read all their inputs before they write, but batches must not overlap what is still to be
  // read.
  std::array<std::byte, kMaxInputs * kDigestBytes> parents{};
  for (std::size_t done = 0; done < pairs;) {
    const std::size_t batch = std::min(pairs - done, kMaxInputs);
    for (std::size_t i = 0; i < batch; ++i) inputs[i] = octets_of(values.subspan((done + i) * kBlockBytes));
    blake3_hash_many(inputs.data(), batch, 1, IV, 0, false, PARENT, 0, 0,
                     octets_of(std::span<std::byte>(parents)));
    std::memcpy(values.data() + done * kDigestBytes, parents.data(), batch * kDigestBytes);
    done += batch;
  }
}

Digest hash_parent(const Digest& left, const Digest& right, std::uint8_t extra_flags) {
  std::array<std::byte, kBlockBytes> block{};
  std::memcpy(block.data(), left.data(), kDigestBytes);
  std::memcpy(block.data() + kDigestBytes, right.data(), kDigestBytes);
  std::array<std::uint32_t, 8> cv{};
  std::copy(std::begin(IV), std::end(IV), cv.begin());
  blake3_compress_in_place(cv.data(), octets_of(ByteSpan(block)), kBlockBytes, 0, PARENT | extra_flags);
  Digest out{};
  store_cv_words(octets_of(std::span<std::byte>(out)), cv.data());
  return out;
}

std::uint64_t node_key(unsigned level, std::uint64_t index) {
  return std::uint64_t{level} << 58 | index;
}

}  // namespace

struct Blake3Stream::State {
  blake3_hasher hasher;
};

Blake3Stream::Blake3Stream() : state_(std::make_unique<State>()) {
  blake3_hasher_init(&state_->hasher);
}
Blake3Stream::~Blake3Stream() = default;

void Blake3Stream::add(ByteSpan bytes) {
  blake3_hasher_update(&state_->hasher, bytes.data(), bytes.size());
}

Digest Blake3Stream::finish() const {
  Digest out{};
  blake3_hasher_finalize(&state_->hasher, octets_of(std::span<std::byte>(out)), out.size());
  return out;
}

Digest blake3(ByteSpan bytes) {
  Blake3Stream stream;
  stream.add(bytes);
  return stream.finish();
}

TreeHash::TreeHash(std::uint64_t length)
    : length_(length), leaves_(length == 0 ? 1 : (length - 1) / kLeafBytes + 1) {
  top_ = static_cast<unsigned>(std::bit_width(leaves_ - 1));
}

std::optional<Digest> TreeHash::add(std::uint64_t first_leaf, ByteSpan bytes) {
  if (leaves_ == 1) return blake3(bytes);
  const std::size_t whole = bytes.size() / kLeafBytes;
  const std::size_t rest = bytes.size() % kLeafBytes;
  std::size_t count = whole + (rest == 0 ? 0 : 1);
  if (count == 0) return std::nullopt;
  std::vector<std::byte> values(count * kDigestBytes);
  hash_whole_leaves(bytes.first(whole * kLeafBytes), first_leaf, values);
  if (rest != 0) {
    hash_short_leaf(bytes.subspan(whole * kLeafBytes), first_leaf + whole,
                    std::span(values).subspan(whole * kDigestBytes));
  }

  // Level by level: nodes without their sibling in this run are handed to meet(), the others are paired.
  std::span<std::byte> nodes = values;
  std::uint64_t first = first_leaf;
  std::uint64_t level_nodes = leaves_;
  std::optional<Digest> root;
  const auto take = [&](std::size_t i) {
    Digest value{};
    std::memcpy(value.data(), nodes.data() + i * kDigestBytes, kDigestBytes);
    return value;
  };
  for (unsigned level = 0; count != 0; ++level) {
    if (first % 2 == 1) {
      root = meet(level, first, take(0));
      nodes = nodes.subspan(kDigestBytes);
      ++first;
      if (--count == 0) break;
    }
    const bool reaches_end = first + count == level_nodes;
    const std::size_t pairs = count / 2;
    const bool odd = count % 2 == 1;
    if (level + 1 == top_ || (odd && !reaches_end)) {
      // The root is made by meet() alone, which knows its flag.
      if (level + 1 == top_) {
        for (std::size_t i = 0; i < count; ++i) root = meet(level, first + i, take(i));
        return root;
      }
      root = meet(level, first + count - 1, take(count - 1));
    }
    Digest promoted{};
    const bool promote = odd && reaches_end;
    if (promote) promoted = take(count - 1);
    hash_parents(nodes, pairs);
    if (promote) std::memcpy(nodes.data() + pairs * kDigestBytes, promoted.data(), kDigestBytes);
    count = pairs + (promote ? 1 : 0);
    first /= 2;
    level_nodes = level_nodes / 2 + level_nodes % 2;
  }
  return root;
}

std::optional<Digest> TreeHash::meet(unsigned level, std::uint64_t index, Digest value) {
  const std::lock_guard lock(mutex_);
  std::uint64_t level_nodes = ((leaves_ - 1) >> level) + 1;
  for (;;) {
    const bool without_sibling = index % 2 == 0 && index + 1 == level_nodes;
    if (!without_sibling) {
      const auto sibling = waiting_.find(node_key(level, index ^ 1));
      if (sibling == waiting_.end()) {
        waiting_.emplace(node_key(level, index), value);
        return std::nullopt;
      }
      const bool is_left = index % 2 == 0;
      const Digest other = sibling->second;
      waiting_.erase(sibling);
      const bool is_root = level + 1 == top_;
      value = hash_parent(is_left ? value : other, is_left ? other : value, is_root ? ROOT : 0);
      if (is_root) return value;
    }
    ++level;
    index /= 2;
    level_nodes = level_nodes / 2 + level_nodes % 2;
  }
}

}  // namespace aerotool::hash

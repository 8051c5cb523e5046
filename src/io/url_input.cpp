#include "io/url_input.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"
#include "io/interrupt.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kFirst = std::uint64_t{1} << 20;
/// What is smaller is no run of weights, unless it is the end of one.
constexpr std::size_t kSmall = std::size_t{64} << 10;

/// A URL in one state: nothing else has this device number.
Identity identity_of(const Url& url) {
  return {UINT64_MAX, load_le<std::uint64_t>(hash::blake3(bytes_of(url.to_request())))};
}

/// The state that the cache has bytes of.
std::optional<RemoteState> known_state(const std::optional<CacheKey>& key) {
  return key ? state_of_validator(key->validator, key->size) : std::nullopt;
}

}  // namespace

UrlInput::UrlInput(std::shared_ptr<RemoteAccess> access, const RemoteName& name,
                   std::shared_ptr<RemoteFile> file, std::shared_ptr<BlockCache> cache,
                   std::unique_ptr<ReadAhead> read_ahead)
    : Input(shown_name(name), identity_of(name.url), {file->size(), 0, 0}),
      access_(std::move(access)),
      file_(std::move(file)),
      cache_(std::move(cache)),
      read_ahead_(std::move(read_ahead)) {}

UrlInput::~UrlInput() {
  access_->cached_bytes += cache_->found_bytes();
  try {
    if (const std::string note = cache_->note(); !note.empty()) access_->add_note(note);
  } catch (const std::bad_alloc&) {
    // Who has no memory is told of that.
  }
}

std::shared_ptr<Input> UrlInput::open(std::shared_ptr<RemoteAccess> access, const CacheSettings& cache,
                                      RemoteName name) {
  const bool is_offline = access->offline;
  const auto buffers = access->buffers;
  auto file = std::make_shared<RemoteFile>(access, name);
  const auto pinned = find_pinned(cache, name.url.origin.text(), name.url.path + name.url.query, name.commit);
  const std::optional<RemoteState> known = known_state(pinned);
  std::vector<std::byte> head;
  if (known && (is_offline || !name.commit.empty())) {
    file->begin_in(*known);
  } else if (file->begin(kFirst, known, head) == RemoteFile::Begun::without_ranges) {
    return nullptr;
  }
  const std::string commit = file->fact("x-repo-commit");
  if (name.commit.empty() && !commit.empty() && name.at_commit) {
    name.url = name.at_commit(commit);
    name.commit = commit;
  }
  name.etag = file->tag();
  CacheKey key{.origin = name.url.origin.text(),
               .path = name.url.path + name.url.query,
               .shown = shown_name(name),
               .validator = cache.mode == CacheMode::off ? "" : file->validator(),
               .size = file->size(),
               .commit = name.commit,
               .sha256 = file->linked_sha256()};
  // Where the hub was not asked, it has told before.
  if (key.sha256.empty() && pinned && pinned->validator == key.validator) key.sha256 = pinned->sha256;
  Digest sha256{};
  const bool is_promised = from_hex(key.sha256, sha256);
  auto blocks = BlockCache::open(cache, std::move(key));
  for (std::uint64_t block = 0; block * BlockCache::kBlockBytes < head.size(); ++block) {
    const std::uint64_t begin = block * BlockCache::kBlockBytes;
    const std::uint64_t length = blocks->block_length(block);
    if (begin + length <= head.size()) blocks->put(block, ByteSpan(head).subspan(begin, length));
  }
  auto read_ahead = std::make_unique<ReadAhead>(file, blocks, buffers, cache.mode == CacheMode::all);
  std::shared_ptr<Input> input(
      new UrlInput(std::move(access), name, std::move(file), std::move(blocks), std::move(read_ahead)));
  if (is_promised) input->expect_sha256(sha256, "the hub");
  input->set_remote(std::make_shared<RemoteName>(std::move(name)));
  return input;
}

void UrlInput::read(std::uint64_t offset, std::span<std::byte> out) const {
  require_range(offset, out.size());
  while (!out.empty()) {
    check_interrupt();
    const std::size_t count = read_some(offset, out);
    offset += count;
    out = out.subspan(count);
  }
}

std::size_t UrlInput::read_kept(std::uint64_t offset, std::span<std::byte> out) const {
  const auto missing = cache_->missing(offset, out.size());
  const std::uint64_t end = missing.empty() ? offset + out.size() : std::max(missing.front().offset, offset);
  const auto kept = out.first(end - offset);
  return !kept.empty() && cache_->read(offset, kept) ? kept.size() : 0;
}

std::size_t UrlInput::read_some(std::uint64_t offset, std::span<std::byte> out) const {
  if (const std::size_t count = read_kept(offset, out)) return count;
  if (out.size() < kSmall && !read_ahead_->is_awaited(offset)) {
    const Bytes bytes = view(offset, out.size());
    std::ranges::copy(bytes.view, out.begin());
    return out.size();
  }
  return read_ahead_->read(offset, out);
}

void UrlInput::expect_reads(std::span<const ByteRange> runs) const {
  read_ahead_->expect(runs);
}

Bytes UrlInput::view(std::uint64_t offset, std::uint64_t length) const {
  require_range(offset, length);
  if (length == 0) return {};
  std::vector<std::byte> bytes(length);
  const std::span<std::byte> out(bytes);
  // A block that is kept and cannot be read any more is missing at the second look.
  while (!cache_->read(offset, out)) {
    const auto missing = cache_->missing(offset, length);
    std::uint64_t at = offset;
    bool is_whole = true;
    for (const MissingRange& range : missing) {
      if (range.offset > at)
        is_whole = cache_->read(at, out.subspan(at - offset, range.offset - at)) && is_whole;
      fetch_blocks(range, offset, out);
      at = range.offset + range.length;
    }
    if (at < offset + length) is_whole = cache_->read(at, out.subspan(at - offset)) && is_whole;
    if (is_whole) break;
  }
  return Bytes::own(std::move(bytes));
}

void UrlInput::fetch_blocks(const MissingRange& missing, std::uint64_t offset,
                            std::span<std::byte> out) const {
  std::vector<std::byte> block;
  std::uint64_t begin = missing.offset;
  file_->fetch(missing.offset, missing.offset + missing.length, [&](std::uint64_t at, ByteSpan bytes) {
    for (std::size_t i = 0; i < bytes.size();) {
      const std::uint64_t number = begin / BlockCache::kBlockBytes;
      const std::uint64_t length = cache_->block_length(number);
      const auto piece = bytes.subspan(i, std::min<std::uint64_t>(bytes.size() - i, length - block.size()));
      block.insert(block.end(), piece.begin(), piece.end());
      i += piece.size();
      if (block.size() < length) continue;
      cache_->put(number, block);
      begin += length;
      block.clear();
    }
    const std::uint64_t from = std::max(at, offset);
    const std::uint64_t to = std::min(at + bytes.size(), offset + out.size());
    if (from < to) std::ranges::copy(bytes.subspan(from - at, to - from), out.subspan(from - offset).begin());
  });
}

std::uint64_t UrlInput::preferred_block_size() const {
  return WindowBuffers::kBytes;
}

}  // namespace aerotool::io

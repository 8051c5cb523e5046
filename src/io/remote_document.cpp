#include "io/remote_document.hpp"

#include <algorithm>
#include <span>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"
#include "io/block_cache.hpp"
#include "io/cache_directory.hpp"

namespace aerotool::io {
namespace {

constexpr unsigned kMostTries = 5;

std::string validator_of(const std::string& text) {
  return "BLAKE3 " + to_hex(hash::blake3(bytes_of(text)));
}

}  // namespace

RemoteDocument fetch_document(const std::shared_ptr<RemoteAccess>& access, const RemoteName& name,
                              std::uint64_t most) {
  for (unsigned tries = 1;; ++tries) {
    RemoteFile file(access, name);
    RemoteDocument document;
    bool is_too_long = false;
    try {
      file.fetch_whole([&](std::uint64_t, ByteSpan bytes) {
        is_too_long = bytes.size() > most - document.text.size();
        if (is_too_long) throw IoError({shown_name(name), {}, {}}, "is longer than " + human_size(most));
        document.text += chars_of(bytes);
      });
      document.link = file.fact("link");
      return document;
    } catch (const IoError&) {
      // What broke off is short enough to be fetched from its start.
      if (document.text.empty() || is_too_long || tries == kMostTries) throw;
    }
  }
}

std::optional<std::string> kept_document(const CacheSettings& cache, const DocumentKey& key,
                                         std::uint64_t most) {
  const auto found = find_pinned(cache, key.origin, key.path, key.state);
  if (!found || found->size > most) return std::nullopt;
  const auto blocks = BlockCache::open(cache, *found);
  std::string text(found->size, '\0');
  if (!blocks->read(0, std::as_writable_bytes(std::span(text)))) return std::nullopt;
  if (found->validator != validator_of(text)) return std::nullopt;
  return text;
}

void keep_document(const CacheSettings& cache, const DocumentKey& key, const std::string& text) {
  if (cache.mode == CacheMode::off) return;
  const auto blocks = BlockCache::open(cache, {.origin = key.origin,
                                               .path = key.path,
                                               .shown = key.shown,
                                               .validator = validator_of(text),
                                               .size = text.size(),
                                               .commit = key.state});
  for (std::uint64_t block = 0; block < blocks->block_count(); ++block) {
    const std::uint64_t begin = block * BlockCache::kBlockBytes;
    blocks->put(block, bytes_of(text).subspan(begin, blocks->block_length(block)));
  }
}

}  // namespace aerotool::io

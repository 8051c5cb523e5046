// Which remote object an entry of the cache belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace aerotool::io {

/// An object in one state. Origin, path, validator and size together are what an entry is found by, so that
/// a changed object is another entry; the cache does not look into them.
struct CacheKey {
  std::string origin;  ///< scheme, host and port
  std::string path;    ///< as it is asked for
  std::string shown;   ///< the URL for people: without user part and query, since it is written down
  /// What tells one state of the object from another (a strong ETag, else a date); empty where the server
  /// gives none, and then nothing is kept.
  std::string validator;
  std::uint64_t size = 0;   ///< of the object, in bytes
  std::string commit;       ///< what pins the object for good; empty where nothing does
  std::string sha256 = {};  ///< of the object, in hexadecimal digits, where its server has told
};

/// The name of the entry's directory: BLAKE3, 64 hexadecimal digits.
std::string entry_name(const CacheKey& key);
/// The name of the directory that says which entry a commit's file has.
std::string pin_name(std::string_view origin, std::string_view path, std::string_view commit);
/// Whether a name is of the form of these two.
bool is_cache_name(std::string_view name);

/// What stands in an entry's file `key`: a line for each of url, validator, size, commit and sha256, the name
/// of the line and its value. Control characters and '%' in a value are written as %XX.
std::string key_text(const CacheKey& key);
/// The key that such a text tells, without origin and path. Nothing where the text is not whole and of
/// exactly this form.
std::optional<CacheKey> key_from_text(std::string_view text);

}  // namespace aerotool::io

// Small texts of a server, fetched whole, and kept in the cache of blocks like any other object.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "io/cache_settings.hpp"
#include "io/remote_file.hpp"
#include "io/remote_name.hpp"

namespace aerotool::io {

struct RemoteDocument {
  std::string text;
  std::string link;  ///< the field of that name; empty where there is none
};

/// Throws IoError where the server fails, and where the text has more than `most` bytes.
RemoteDocument fetch_document(const std::shared_ptr<RemoteAccess>& access, const RemoteName& name,
                              std::uint64_t most);

/// What a kept text is found by.
struct DocumentKey {
  std::string origin;
  std::string path;
  std::string state;  ///< what the text belongs to, such as a commit; not empty
  std::string shown;  ///< the URL for people
};

/// The text that was kept last; nothing where there is none, or it is not as it was, or longer than `most`.
/// Throws Interrupted.
std::optional<std::string> kept_document(const CacheSettings& cache, const DocumentKey& key,
                                         std::uint64_t most);

/// Keeps a text. One that cannot be kept is fetched again next time. Throws Interrupted.
void keep_document(const CacheSettings& cache, const DocumentKey& key, const std::string& text);

}  // namespace aerotool::io

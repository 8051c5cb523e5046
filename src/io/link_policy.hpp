// Which links out of a model's directory are followed when the files beside an index are opened.
#pragma once

#include <optional>
#include <string>

#include "hash/digest.hpp"
#include "io/open_file.hpp"

namespace aerotool::io {

/// A file in a store of content-addressed files, which a link in a directory stands for.
struct StoredFile {
  OpenFile file;                 ///< none where the link is not of such a store
  std::optional<Digest> sha256;  ///< that the file's name in the store promises
  std::string problem;           ///< why a link of such a store leads to no file, for a message
};

/// Opens `relative` in `directory`, a real path, where it is a link into a store that is known.
using OpenStored = StoredFile (*)(const std::string& directory, const std::string& relative);

/// The SHA-256 that the name of a file promises, or the name of a link that leads to it.
using PromisedSha256 = std::optional<Digest> (*)(const std::string& path);

/// By itself: no link out of the directory is followed, and none to a server.
struct LinkPolicy {
  bool follow = false;  ///< every link to a regular file, as the user wishes
  OpenStored open_stored = nullptr;
  PromisedSha256 promised_sha256 = nullptr;
  bool fetch = false;  ///< what an index here says is on a server, and is not here, is read from there
};

}  // namespace aerotool::io

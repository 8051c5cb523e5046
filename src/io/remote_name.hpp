// What names a file on a server.
#pragma once

#include <functional>
#include <string>

#include "io/url.hpp"

namespace aerotool::io {

struct RemoteName {
  Url url;
  Origin typed = {};        ///< what the user named, empty where that is a local file; all others' addresses
                            ///< are held to the rules
  std::string shown = {};   ///< what messages call it, without secrets; empty: url.shown()
  std::string etag = {};    ///< as the server told it; empty before it was asked, or where it did not
  std::string commit = {};  ///< of the repository that `url` is in, which pins the file; empty: it may change
  /// The URL at a commit, where `url` is at a branch or a tag; none where there are no commits.
  std::function<Url(const std::string& commit)> at_commit = {};
  /// What an error of the typed origin means, by its status and its X-Error-Code; empty where the answer says
  /// it better.
  std::function<std::string(int status, const std::string& code)> explain = {};
};

/// What messages call it.
inline std::string shown_name(const RemoteName& name) {
  return name.shown.empty() ? name.url.shown() : name.shown;
}

}  // namespace aerotool::io

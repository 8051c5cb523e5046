// libcurl, loaded when a URL is first met: a run without one pays nothing for it, and starts where there is
// no libcurl.
#pragma once

#include <curl/curl.h>

namespace aerotool::io {

#define AEROTOOL_CURL_FUNCTIONS(X) \
  X(global_init)                   \
  X(easy_init)                     \
  X(easy_cleanup)                  \
  X(easy_reset)                    \
  X(easy_setopt)                   \
  X(easy_getinfo)                  \
  X(easy_perform)                  \
  X(easy_strerror)                 \
  X(slist_append)                  \
  X(slist_free_all)

/// Its functions, by their names without "curl_".
struct CurlLibrary {
#define AEROTOOL_CURL_MEMBER(name) decltype(&curl_##name) name = nullptr;
  AEROTOOL_CURL_FUNCTIONS(AEROTOOL_CURL_MEMBER)
#undef AEROTOOL_CURL_MEMBER
};

/// Thread-safe. Throws UsageError where it is not installed, or is older than the headers ask for.
const CurlLibrary& curl_library();

}  // namespace aerotool::io

// libcurl, loaded when a URL is first met: a run without one pays nothing for it, and starts where there is
// no libcurl.
#pragma once

#include <curl/curl.h>

namespace aerotool::io {

/// Its functions, by their names without "curl_".
struct CurlLibrary {
  decltype(&curl_global_init) global_init = nullptr;
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_reset) easy_reset = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;
};

/// Thread-safe. Throws UsageError where it is not installed, or is older than the headers ask for.
const CurlLibrary& curl_library();

}  // namespace aerotool::io

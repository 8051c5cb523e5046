#include "io/curl/curl_library.hpp"

#include <dlfcn.h>

#include <array>
#include <bit>
#include <string>

#include "core/error.hpp"

namespace aerotool::io {
namespace {

// The options that restrict protocols by name came with 7.85.
static_assert(LIBCURL_VERSION_NUM >= 0x075500, "libcurl 7.85 or newer is needed");

#ifdef __APPLE__
constexpr std::array kNames = {"libcurl.4.dylib"};
#else
constexpr std::array kNames = {"libcurl.so.4", "libcurl-gnutls.so.4"};
#endif

[[noreturn]] void refuse_urls(const std::string& why) {
  throw UsageError("URLs cannot be read here: " + why);
}

template <typename Function>
void find(void* library, Function& function, const char* name) {
  void* const symbol = ::dlsym(library, name);
  if (symbol == nullptr) refuse_urls("the installed libcurl has no " + std::string(name));
  function = std::bit_cast<Function>(symbol);
}

CurlLibrary load() {
  // Never unloaded: its threads and handles last as long as the program.
  void* library = nullptr;
  for (const char* name : kNames) {
    if (library == nullptr) library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  }
  if (library == nullptr) refuse_urls("libcurl (" + std::string(kNames.front()) + ") is not installed");
  CurlLibrary functions;
  find(library, functions.global_init, "curl_global_init");
  find(library, functions.easy_init, "curl_easy_init");
  find(library, functions.easy_cleanup, "curl_easy_cleanup");
  find(library, functions.easy_reset, "curl_easy_reset");
  find(library, functions.easy_setopt, "curl_easy_setopt");
  find(library, functions.easy_perform, "curl_easy_perform");
  find(library, functions.easy_strerror, "curl_easy_strerror");
  find(library, functions.slist_append, "curl_slist_append");
  find(library, functions.slist_free_all, "curl_slist_free_all");
  if (functions.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) refuse_urls("libcurl cannot be initialised");
  return functions;
}

}  // namespace

const CurlLibrary& curl_library() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace aerotool::io

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
#define AEROTOOL_CURL_FIND(name) find(library, functions.name, "curl_" #name);
  AEROTOOL_CURL_FUNCTIONS(AEROTOOL_CURL_FIND)
#undef AEROTOOL_CURL_FIND
  if (functions.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) refuse_urls("libcurl cannot be initialised");
  return functions;
}

}  // namespace

const CurlLibrary& curl_library() {
  static const CurlLibrary library = load();
  return library;
}

}  // namespace aerotool::io

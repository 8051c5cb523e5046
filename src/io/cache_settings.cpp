#include "io/cache_settings.hpp"

#include <cstdlib>

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::io {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string usual_cache_directory() {
  // A relative XDG_CACHE_HOME is to be ignored, says the specification of these directories.
  if (const std::string base = from_environment("XDG_CACHE_HOME"); base.starts_with('/'))
    return base + "/aerotool";
  const std::string home = from_environment("HOME");
  return home.empty() ? std::string() : home + "/.cache/aerotool";
}

}  // namespace

CacheMode cache_mode_of(const std::string& text, const std::string& name) {
  if (text == "heads") return CacheMode::heads;
  if (text == "all") return CacheMode::all;
  if (text == "off") return CacheMode::off;
  throw UsageError(name + " takes one of heads, all and off, not '" + escape_controls(shortened(text)) + "'");
}

CacheSettings cache_settings_from_environment() {
  CacheSettings settings;
  if (const std::string mode = from_environment("AEROTOOL_CACHE"); !mode.empty())
    settings.mode = cache_mode_of(mode, "AEROTOOL_CACHE");
  settings.directory = from_environment("AEROTOOL_CACHE_DIR");
  if (settings.directory.empty()) settings.directory = usual_cache_directory();
  return settings;
}

}  // namespace aerotool::io

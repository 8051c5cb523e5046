#include "cli/models.hpp"

#include "cli/listener.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "registry/registry.hpp"

namespace aerotool::cli {

Settings<ReadingOptions> reading_settings() {
  using enum Option::Argument;
  Option from = {"from", 0, required, "FORMAT", "read as this format, whatever the content", {}};
  for (const std::string_view name : format_names()) from.choices.emplace_back(name);
  return {{std::move(from),
           [](ReadingOptions& options, const Values& values) { options.read.from = values.back(); }},
          {{"key", 0, required, "PATH", "of a checkpoint, read what lies under this key alone", {}},
           [](ReadingOptions& options, const Values& values) { options.read.key = values.back(); }},
          {{"fetch", 0, none, "", "read parts that a local index has on servers", {}},
           [](ReadingOptions& options, const Values&) { options.read.fetch = true; }},
          {{"follow-links", 0, none, "", "follow links that lead out of a model's directory to a file", {}},
           [](ReadingOptions& options, const Values&) { options.read.follow_links = true; }}};
}

Digest parse_sha256(const std::string& text) {
  Digest digest{};
  if (from_hex(text, digest)) return digest;
  throw UsageError("--sha256: '" + escape_controls(shortened(text)) + "' is not " +
                   std::to_string(2 * digest.size()) + " hexadecimal digits");
}

Setting<ReadingOptions> sha256_setting() {
  return {
      {"sha256", 0, Option::Argument::required, "HEX", "refuse a file whose whole has another SHA-256", {}},
      [](ReadingOptions& options, const Values& values) {
        options.read.sha256 = parse_sha256(values.back());
      }};
}

std::unique_ptr<Model> open(const ReadingOptions& options, const std::string& path) {
  return tasks::open(path, options.read, listener(options));
}

}  // namespace aerotool::cli

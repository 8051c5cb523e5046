#include "cli/models.hpp"

#include "cli/listener.hpp"
#include "registry/registry.hpp"

namespace aerotool::cli {

Settings<ReadingOptions> reading_settings() {
  using enum Option::Argument;
  Option from = {"from", 0, required, "FORMAT", "read as this format, whatever the content", {}};
  for (const std::string_view name : format_names()) from.choices.emplace_back(name);
  return {{std::move(from),
           [](ReadingOptions& options, const Values& values) { options.read.from = values.back(); }},
          {{"follow-links", 0, none, "", "follow links that lead out of a model's directory to a file", {}},
           [](ReadingOptions& options, const Values&) { options.read.follow_links = true; }}};
}

std::unique_ptr<Model> open(const ReadingOptions& options, const std::string& path) {
  return tasks::open(path, options.read, listener(options));
}

}  // namespace aerotool::cli

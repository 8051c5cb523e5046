#include "cli/models.hpp"

#include "cli/listener.hpp"
#include "registry/registry.hpp"

namespace aerotool::cli {
Option from_option() {
  Option option{"from", 0, Option::Argument::required, "FORMAT", "read as this format, whatever the content",
                {}};
  for (const std::string_view name : format_names()) option.choices.emplace_back(name);
  return option;
}

Option follow_links_option() {
  return {"follow-links",
          0,
          Option::Argument::none,
          "",
          "follow links that lead out of a model's directory to a file",
          {}};
}

tasks::ReadOptions read_options(const Arguments& arguments) {
  return {.from = arguments.get("from"), .follow_links = arguments.has("follow-links")};
}

std::unique_ptr<Model> open(const Arguments& arguments, const std::string& path) {
  return tasks::open(path, read_options(arguments), listener(arguments));
}

}  // namespace aerotool::cli

#include "formats/safetensors/part_name.hpp"

#include "core/text.hpp"
#include "io/relative_path.hpp"

namespace aerotool::safetensors {

std::optional<NumberedName> part_name(std::string_view path) {
  auto name = numbered_name(path);
  if (!name || !name->ending.ends_with(kExtension)) return std::nullopt;
  // Before the extension there is nothing, or a dot and a word.
  const std::string_view variant =
      std::string_view(name->ending).substr(0, name->ending.size() - kExtension.size());
  if (!variant.empty() && (variant.size() == 1 || variant.find('.', 1) != std::string_view::npos))
    return std::nullopt;
  return name;
}

void warn_of_part_alone(const std::string& path, Report& report) {
  const auto name = part_name(path);
  if (!name || name->count == 1) return;
  report.warning(Code::part_alone, {path, {}, {}},
                 "is part " + std::to_string(name->part) + " of " + std::to_string(name->count) +
                     " of a model, and read alone; to read all of it, name its directory: " +
                     escape_controls(io::directory_of(path)));
}

}  // namespace aerotool::safetensors

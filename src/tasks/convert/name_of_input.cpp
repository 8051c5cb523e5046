#include "tasks/convert/name_of_input.hpp"

#include <algorithm>
#include <string_view>

#include "core/text.hpp"
#include "hub/hub_name.hpp"
#include "io/listing.hpp"
#include "io/percent.hpp"
#include "io/relative_path.hpp"
#include "io/url.hpp"
#include "registry/registry.hpp"
#include "transfer/numbered_files.hpp"

namespace aerotool::tasks {
namespace {

std::string last_name(std::string path) {
  while (path.ends_with('/')) path.pop_back();
  return path.substr(path.rfind('/') + 1);  // all of it where there is no slash
}

/// "models--org--name/snapshots/REVISION" is called "name".
std::string name_of_folder(const std::string& path) {
  const std::string real = io::real_path(path);
  const std::string above = io::directory_of(real);
  if (last_name(above) == "snapshots") {
    const std::string repository = last_name(io::directory_of(above));
    if (repository.starts_with("models--")) return repository.substr(repository.rfind("--") + 2);
  }
  std::string name = last_name(path);
  return name.empty() || name == "." || name == ".." ? last_name(real) : name;
}

std::string without_endings(const std::string& name) {
  std::string_view stem = without_packing(name);
  std::size_t longest = 0;
  if (const Format* format = format_of_extension(stem)) {
    for (const std::string_view extension : format->extensions()) {
      if (stem.ends_with(extension)) longest = std::max(longest, extension.size());
    }
  }
  stem.remove_suffix(longest);
  // Of a set, the first part stands for all.
  return name_of_set(std::string(stem));
}

/// Of a file, or of the folder of an index.
std::string name_of_file(const std::string& path) {
  const Format* format = format_of_extension(without_packing(path));
  const bool index = format != nullptr && format->standing() != Format::Standing::file;
  return index ? name_of_folder(io::directory_of(path)) : without_endings(last_name(path));
}

}  // namespace

std::string name_of_input(const std::string& path) {
  if (path == "-") return {};
  if (io::looks_like_url(path)) {
    const std::string decoded = io::percent_decoded(io::typed_url(path).path);
    return replace_invalid_utf8(name_of_file(decoded));
  }
  if (hub::is_hub_name(path)) {
    hub::HubName parsed = hub::parse_hub_name(path);
    // No part of any name.
    parsed.revision.clear();
    return replace_invalid_utf8(parsed.path.empty() ? parsed.name : name_of_file(parsed.shown()));
  }
  const io::FileType type = io::type_of(path);
  std::string name;
  if (type == io::FileType::directory) {
    name = name_of_folder(path);
  } else if (type == io::FileType::regular && !io::is_of_descriptors(path)) {
    name = name_of_file(path);
  }
  return replace_invalid_utf8(name);
}

}  // namespace aerotool::tasks

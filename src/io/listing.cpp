#include "io/listing.hpp"

#include <system_error>

#include "core/error.hpp"

namespace aerotool::io {

namespace fs = std::filesystem;

fs::file_type type_of(const std::string& path) {
  std::error_code error;
  const fs::file_type type = fs::status(path, error).type();
  // A link in a circle leads nowhere either.
  if (error == std::errc::too_many_symbolic_link_levels) return fs::file_type::not_found;
  if (type == fs::file_type::none) throw system_error(path, "look at", error.value());
  return type;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    names.push_back(entry->path().filename());
  if (error) throw system_error(directory, "read the directory", error.value());
  return names;
}

}  // namespace aerotool::io

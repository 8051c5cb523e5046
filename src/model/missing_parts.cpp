#include "model/missing_parts.hpp"

#include "core/text.hpp"
#include "io/absent.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"
#include "model/numbered_name.hpp"

namespace aerotool {
namespace {

std::string shown(const std::string& name) {
  return escape_controls(shortened(name));
}

std::string only(const std::string& name) {
  return "the only file that the index names, " + shown(name) + ",";
}

}  // namespace

std::vector<std::size_t> missing_parts(const std::string& base, const std::vector<std::string>& names) {
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (io::absent_beside(base, names[i])) missing.push_back(i);
  }
  return missing;
}

std::string tell_missing(const std::vector<std::string>& names, const std::vector<std::size_t>& missing) {
  if (missing.size() == 1) {
    const std::string& name = names[missing.front()];
    const auto numbered = numbered_name(name);
    if (!numbered && names.size() == 1) return only(name) + " is missing";
    const std::size_t part = numbered ? numbered->part : missing.front() + 1;
    const std::size_t count = numbered ? numbered->count : names.size();
    return "part " + std::to_string(part) + " of " + std::to_string(count) + ", " + shown(name) +
           ", is missing";
  }
  std::vector<std::string> of_missing;
  of_missing.reserve(missing.size());
  for (const std::size_t i : missing) of_missing.push_back(names[i]);
  const std::string count = missing.size() == names.size() ? "all " : with_thousands(missing.size()) + " of ";
  return count + plural(names.size(), "part") + " are missing: " + list_files(of_missing);
}

std::string tell_stale(const std::vector<std::string>& names, const std::vector<std::string>& others,
                       std::string_view whole) {
  const std::string missing = names.size() == 1 ? only(names.front()) + " is missing"
                                                : "none of the " + with_thousands(names.size()) +
                                                      " files that the index names is present";
  return missing + ", while " + list_files(others) + (others.size() == 1 ? " is" : " are") +
         (names.size() == 1 ? " present" : "") + ": the index belongs to another " + std::string(whole);
}

std::vector<std::string> files_beside(const std::string& index, std::string_view extension) {
  const std::string directory = io::directory_of(index);
  std::vector<std::string> names;
  for (std::string& name : io::names_in(directory)) {
    if (name.starts_with('.') || !name.ends_with(extension)) continue;
    if (io::type_of(directory + "/" + name) == io::FileType::regular) names.push_back(std::move(name));
  }
  sort_names(names);
  return names;
}

std::string list_files(const std::vector<std::string>& names) {
  constexpr std::size_t kMaxNames = 3;
  const std::size_t count = names.size() > kMaxNames + 1 ? kMaxNames : names.size();
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count && count == names.size();
    text += (i == 0 ? "" : last ? " and " : ", ") + shown(names[i]);
  }
  if (count < names.size()) text += " and " + with_thousands(names.size() - count) + " more";
  return text;
}

}  // namespace aerotool

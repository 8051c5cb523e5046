#include "transfer/numbered_files.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kStem = "model";
constexpr std::size_t kDigits = 5;

std::string padded(std::size_t number) {
  const std::string digits = std::to_string(number);
  return digits.size() < kDigits ? std::string(kDigits - digits.size(), '0') + digits : digits;
}

/// Takes a number of at least kDigits digits off the front.
bool take_number(std::string_view& text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits < kDigits) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

bool is_numbered_file(std::string_view name, std::string_view extension) {
  if (!take(name, kStem) || !name.ends_with(extension)) return false;
  name.remove_suffix(extension.size());
  if (name.empty()) return true;
  return take(name, "-") && take_number(name) && take(name, "-of-") && take_number(name) && name.empty();
}

/// Where a name counts the parts of a set: "m-[begin]00001[of]-of-00003[end].gguf".
struct PartNumber {
  std::size_t begin = 0;
  std::size_t of = 0;
  std::size_t end = 0;
};

std::optional<PartNumber> part_number_in(std::string_view name) {
  constexpr std::string_view kOf = "-of-";
  constexpr std::string_view kDecimal = "0123456789";
  const std::size_t of = name.rfind(kOf);
  if (of == std::string_view::npos || of == 0) return std::nullopt;
  const std::size_t before = name.find_last_not_of(kDecimal, of - 1);
  const std::size_t end = std::min(name.find_first_not_of(kDecimal, of + kOf.size()), name.size());
  if (before == std::string_view::npos || before + 1 == of || name[before] != '-') return std::nullopt;
  if (end == of + kOf.size()) return std::nullopt;
  return PartNumber{before + 1, of, end};
}

/// Why a path is not written; empty where it is.
std::string problem_of(std::string_view path, std::string_view extension) {
  if (std::string problem = io::path_problem(path); !problem.empty()) return problem;
  if (!path.ends_with(extension)) return "does not end in " + std::string(extension);
  for (std::string_view rest = path; !rest.empty();) {
    const auto slash = rest.find('/');
    if (slash == 0 || rest.starts_with('.')) return "has a part that is empty or hidden";
    rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  }
  return {};
}

}  // namespace

void require_sound_paths(const Source& source, std::string_view extension, const std::string& model) {
  std::set<std::string_view> paths;
  for (const SourceFile& file : source.files) {
    std::string problem = problem_of(file.path, extension);
    if (problem.empty() && !paths.insert(file.path).second) problem = "is duplicated";
    if (problem.empty()) continue;
    throw CorruptError({model, {}, {}},
                       "\"source\": the path '" + escape_controls(file.path) + "' " + problem);
  }
}

std::string numbered_file(std::size_t number, std::size_t count, std::string_view extension) {
  std::string name(kStem);
  if (count != 1) name += "-" + padded(number + 1) + "-of-" + padded(count);
  return name + std::string(extension);
}

std::string row_of_parts(const std::string& name) {
  const auto number = part_number_in(name);
  return number ? name.substr(0, number->begin) + "*" + name.substr(number->of) : name;
}

std::string name_of_set(const std::string& name) {
  const auto number = part_number_in(name);
  return number && number->end == name.size() && number->begin > 1 ? name.substr(0, number->begin - 1) : name;
}

std::vector<std::string> earlier_files(const std::string& directory, std::string_view extension,
                                       std::string_view index, const std::vector<std::string>& written) {
  std::vector<std::string> names;
  for (const std::string& name : io::names_in(directory)) {
    const bool of_an_export = is_numbered_file(name, extension) || (!index.empty() && name == index);
    if (!of_an_export) continue;
    const std::string path = io::path_in(directory, name);
    if (!io::is_link(path) && io::type_of(path) != io::FileType::regular) continue;
    if (std::find(written.begin(), written.end(), name) == written.end()) names.push_back(name);
  }
  sort_names(names);
  return names;
}

}  // namespace aerotool

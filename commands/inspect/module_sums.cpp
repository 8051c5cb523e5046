#include "commands/inspect/module_sums.hpp"

#include <algorithm>
#include <limits>

namespace aerotool::commands {
namespace {

using tasks::MappedRegion;

/// A screen has room for so many.
constexpr std::size_t kMostLines = 40;

bool is_number(std::string_view part) {
  return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
}

MapLine line_of(const MappedRegion& region) {
  return {.offset = region.offset, .size = region.size, .module = {}, .region = &region};
}

/// Sums tensors by module, with what lies around them: what aligns them, and the headers and trailers that
/// members of archives have.
class Sums {
 public:
  explicit Sums(std::size_t parts) : parts_(parts) {}

  void add(const MappedRegion& region) {
    if (region.kind != RegionKind::tensor) {
      between_.push_back(&region);
      return;
    }
    const std::string_view module = module_of(region.name, parts_);
    const bool is_same =
        !lines_.empty() && lines_.back().module == module && std::ranges::all_of(between_, lies_around);
    if (is_same) {
      for (const MappedRegion* around : between_) take(*around);
      between_.clear();
      lines_.back().size += region.size;
      ++lines_.back().tensors;
      return;
    }
    begin_module(module, region);
  }

  std::vector<MapLine> finish() {
    end_module();
    for (const MappedRegion* region : between_) lines_.push_back(line_of(*region));
    return std::move(lines_);
  }

 private:
  static bool lies_around(const MappedRegion* region) {
    using enum RegionKind;
    return region->kind == alignment || region->kind == trailer || region->kind == member || begins(region);
  }
  /// Not the file itself.
  static bool begins(const MappedRegion* region) {
    return region->kind == RegionKind::header && region->offset != 0;
  }

  void take(const MappedRegion& around) {
    lines_.back().size += around.size;
    lines_.back().around += around.size;
  }

  /// What stands directly behind a tensor is its module's.
  void end_module() {
    if (lines_.empty()) return;
    const auto is_behind = [](const MappedRegion* region) {
      return region->kind == RegionKind::alignment || region->kind == RegionKind::trailer;
    };
    const auto end = std::ranges::find_if_not(between_, is_behind);
    for (auto at = between_.begin(); at != end; ++at) take(**at);
    between_.erase(between_.begin(), end);
  }

  /// What stands directly before it, too.
  void begin_module(std::string_view module, const MappedRegion& tensor) {
    end_module();
    std::size_t headers = between_.size();
    while (headers > 0 && begins(between_[headers - 1])) --headers;
    for (std::size_t i = 0; i < headers; ++i) lines_.push_back(line_of(*between_[i]));
    MapLine line = line_of(tensor);
    if (headers < between_.size()) line.offset = between_[headers]->offset;
    line.module = module;
    line.tensors = 1;
    lines_.push_back(line);
    for (std::size_t i = headers; i < between_.size(); ++i) take(*between_[i]);
    between_.clear();
  }

  std::size_t parts_;
  std::vector<MapLine> lines_;
  std::vector<const MappedRegion*> between_;  // since the last tensor
};

std::vector<MapLine> summed(std::span<const MappedRegion> regions, std::size_t parts) {
  Sums sums(parts);
  for (const MappedRegion& region : regions) sums.add(region);
  return sums.finish();
}

}  // namespace

std::string_view module_of(std::string_view name, std::size_t parts) {
  std::size_t begin = 0;
  for (std::size_t part = 1;; ++part) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    if (end == name.size() || part == parts || is_number(name.substr(begin, end - begin)))
      return name.substr(0, end);
    begin = end + 1;
  }
}

std::vector<MapLine> lines_of(std::span<const MappedRegion> regions, bool all) {
  const auto tensors =
      static_cast<std::size_t>(std::ranges::count(regions, RegionKind::tensor, &MappedRegion::kind));
  if (all || tensors <= kMostLines) {
    std::vector<MapLine> lines;
    for (const MappedRegion& region : regions) lines.push_back(line_of(region));
    return lines;
  }
  // Layers by themselves, else all of them together, else what the first part of the names says.
  std::vector<MapLine> fewest;
  for (const std::size_t parts : {3U, 2U, 1U}) {
    std::vector<MapLine> lines = summed(regions, parts);
    if (fewest.empty() || lines.size() < fewest.size()) fewest = std::move(lines);
    if (fewest.size() <= kMostLines) break;
  }
  return fewest;
}

}  // namespace aerotool::commands

#include "model/known_archive.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"

namespace aerotool {

void add_archive(const zip::Archive& archive, KnownFile& file) {
  constexpr std::uint16_t kHasDescriptor = 8;
  constexpr std::uint64_t kMostDescriptor = 24;
  std::vector<std::uint64_t> headers = {archive.data_end()};
  for (const zip::Entry& entry : archive.entries()) headers.push_back(entry.header);
  std::ranges::sort(headers);
  for (const zip::Entry& entry : archive.entries()) {
    // Without a local header that can be read, nobody knows where the bytes begin.
    const auto end = checked_add(entry.data, entry.stored_size);
    if (entry.data <= entry.header || !end) continue;
    file.regions.push_back({entry.header, entry.data - entry.header, entry.name, RegionKind::header});
    file.regions.push_back({entry.data, entry.stored_size, entry.name, RegionKind::member});
    if ((entry.flags & kHasDescriptor) == 0) continue;
    const auto next = std::ranges::lower_bound(headers, *end);
    if (next != headers.end() && *next - *end <= kMostDescriptor)
      file.regions.push_back({*end, *next - *end, entry.name, RegionKind::trailer});
  }
  const std::uint64_t end = archive.window().offset + archive.window().size;
  if (archive.data_end() < end)
    file.regions.push_back({archive.data_end(), end - archive.data_end(), {}, RegionKind::index});
}

void add_archive_if_any(const std::shared_ptr<const io::Input>& input, KnownFile& file) {
  try {
    const auto judged_by_others = [](const zip::Finding&) {};
    zip::Archive archive(input, judged_by_others);
    archive.read_local_headers(judged_by_others);
    const std::size_t known = file.regions.size();
    add_archive(archive, file);
    for (KnownRegion& region : std::span(file.regions).subspan(known))
      region.name = file.keep(std::string(region.name));
  } catch (const ContentError&) {
    // It is none.
  }
}

}  // namespace aerotool

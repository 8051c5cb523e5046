#include "tasks/map/map.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"

namespace aerotool::tasks {
namespace {

/// Whatever is aligned to more is aligned to this: no page of memory is larger.
constexpr std::uint64_t kMostAlignment = std::uint64_t{2} << 20;

/// The alignment that all of some offsets have.
class Alignment {
 public:
  void add(std::uint64_t offset) { bits_ |= offset; }
  std::uint64_t value() const {
    const std::uint64_t bits = bits_ | kMostAlignment;
    return bits & (~bits + 1);
  }

 private:
  std::uint64_t bits_ = 0;
};

/// Of what begins in a shard: counted from the file's beginning and from the shard's, as formats do either.
struct ShardAlignment {
  Alignment in_file;
  Alignment in_shard;
};

class FileMapper {
 public:
  explicit FileMapper(KnownFile file) : file_(std::move(file)) {
    map_.path = std::move(file_.path);
    map_.size = file_.size;
    map_.is_here = file_.is_here;
    map_.names = std::move(file_.names);
    take_shards();
    take_regions();
    measure_alignments();
  }

  FileMap finish() {
    for (const KnownRegion& region : known_) add(region);
    fill(map_.size);
    for (MappedRegion& region : map_.regions) region.shard = shard_at(region.offset);
    return std::move(map_);
  }

 private:
  void take_shards();
  void take_regions();
  void measure_alignments();
  std::size_t shard_at(std::uint64_t offset) const;
  void add(const KnownRegion& region);
  void put(std::uint64_t end, const KnownRegion& region, bool is_rest);
  void fill(std::uint64_t end);
  void fill_between_borders(std::uint64_t end);
  RegionKind kind_of_run(std::uint64_t end) const;

  KnownFile file_;
  FileMap map_;
  std::vector<KnownRegion> known_;       // by offset, inside of the file
  std::vector<KnownRegion> background_;  // the same; known regions lie in it, and leave some of it
  std::vector<std::uint64_t> borders_;   // where shards begin and end
  Alignment of_parts_;                   // of shards and chunks
  std::vector<ShardAlignment> of_shards_;
  std::uint64_t at_ = 0;  // what stands before is mapped
  std::size_t next_background_ = 0;
};

void FileMapper::take_shards() {
  for (Shard& shard : file_.shards) {
    // One that is the file from its beginning on is no part of it.
    if (shard.offset == 0 || shard.size == 0 || !range_fits(shard.offset, shard.size, map_.size)) continue;
    map_.shards.push_back(std::move(shard));
  }
  std::ranges::stable_sort(map_.shards, {}, &Shard::offset);
  for (const Shard& shard : map_.shards) {
    borders_.push_back(shard.offset);
    borders_.push_back(shard.offset + shard.size);
  }
  std::ranges::sort(borders_);
}

void FileMapper::take_regions() {
  for (KnownRegion& region : file_.regions) {
    if (region.size == 0) continue;
    if (!range_fits(region.offset, region.size, map_.size)) {
      map_.cut.push_back({region.name, region.offset, region.size});
      if (region.offset >= map_.size) continue;
      region.size = map_.size - region.offset;
    }
    const bool is_around = region.kind == RegionKind::data || region.kind == RegionKind::member;
    (is_around ? background_ : known_).push_back(region);
  }
  file_.regions = {};
  const auto by_offset = [](const KnownRegion& a, const KnownRegion& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.size > b.size;
  };
  std::ranges::stable_sort(known_, by_offset);
  std::ranges::stable_sort(background_, by_offset);
}

void FileMapper::measure_alignments() {
  of_shards_.resize(map_.shards.size());
  for (const Shard& shard : map_.shards) of_parts_.add(shard.offset);
  for (const KnownRegion& region : known_) {
    if (region.kind == RegionKind::chunk) of_parts_.add(region.offset);
    const std::size_t shard = shard_at(region.offset);
    if (region.kind != RegionKind::tensor || shard == kNoShard) continue;
    of_shards_[shard].in_file.add(region.offset);
    of_shards_[shard].in_shard.add(region.offset - map_.shards[shard].offset);
  }
}

std::size_t FileMapper::shard_at(std::uint64_t offset) const {
  const auto behind = std::ranges::upper_bound(map_.shards, offset, {}, &Shard::offset);
  if (behind == map_.shards.begin()) return kNoShard;
  const auto shard = std::prev(behind);
  if (offset - shard->offset >= shard->size) return kNoShard;
  return static_cast<std::size_t>(shard - map_.shards.begin());
}

void FileMapper::add(const KnownRegion& region) {
  const std::uint64_t end = region.offset + region.size;
  if (region.offset >= at_) {
    fill(region.offset);
    return put(end, region, false);
  }
  // The bytes count once, for the one that begins first; the other one is told where it begins.
  const auto behind = std::ranges::upper_bound(map_.regions, region.offset, {}, &MappedRegion::offset);
  std::prev(behind)->also.push_back(region.name);
  if (end > at_) put(end, region, true);
}

void FileMapper::put(std::uint64_t end, const KnownRegion& region, bool is_rest) {
  map_.regions.push_back({.offset = at_,
                          .size = end - at_,
                          .name = region.name,
                          .kind = region.kind,
                          .encoding = region.encoding,
                          .is_rest = is_rest});
  at_ = end;
}

/// Maps what no region covers, up to `end`.
void FileMapper::fill(std::uint64_t end) {
  while (at_ < end) {
    while (next_background_ < background_.size() &&
           background_[next_background_].offset + background_[next_background_].size <= at_)
      ++next_background_;
    if (next_background_ == background_.size() || background_[next_background_].offset >= end)
      return fill_between_borders(end);
    const KnownRegion& region = background_[next_background_];
    if (region.offset > at_) fill_between_borders(region.offset);
    put(std::min(end, region.offset + region.size), region, false);
  }
}

void FileMapper::fill_between_borders(std::uint64_t end) {
  while (at_ < end) {
    const auto border = std::ranges::upper_bound(borders_, at_);
    const std::uint64_t run_end = border == borders_.end() ? end : std::min(end, *border);
    const RegionKind kind = kind_of_run(run_end);
    put(run_end, {.kind = kind}, false);
  }
}

RegionKind FileMapper::kind_of_run(std::uint64_t end) const {
  if (at_ == 0) return RegionKind::header;
  const std::size_t shard = shard_at(at_);
  std::uint64_t alignment = of_parts_.value();
  std::uint64_t from_shard = end;
  if (shard != kNoShard) {
    alignment = of_shards_[shard].in_file.value();
    from_shard = end - map_.shards[shard].offset;
    // Whichever explains the run.
    if (const std::uint64_t other = of_shards_[shard].in_shard.value();
        other > alignment && from_shard % other == 0)
      alignment = other;
  }
  const bool is_even = end % alignment == 0 || from_shard % alignment == 0;
  if (end - at_ < alignment && is_even) return RegionKind::alignment;
  return end == map_.size ? RegionKind::trailer : RegionKind::gap;
}

}  // namespace

FileMap map_of(KnownFile file) {
  return FileMapper(std::move(file)).finish();
}

std::vector<FileMap> map_of(const Model& model) {
  std::vector<FileMap> maps;
  for (KnownFile& file : known_files_of(model)) maps.push_back(map_of(std::move(file)));
  return maps;
}

}  // namespace aerotool::tasks

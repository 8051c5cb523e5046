// Holds what an index says to the rules that can be told without reading data.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/ztensor/blob_places.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/layout.hpp"
#include "model/report.hpp"

namespace aerotool::ztensor {

class IndexJudge {
 public:
  /// `path` names the file in messages.
  IndexJudge(const Container& container, std::string path, Report& report);

  /// The index's table of shards, which it has before its objects, if at all. Texts are borrowed from the
  /// index.
  void add_shards(std::span<const ShardEntry> shards);
  /// The next object. What makes it unusable is reported as unreadable; then it returns false. `facts` has
  /// one for each of its parts.
  bool add(const ObjectEntry& object, std::vector<PartFacts>& facts);
  /// After all objects.
  void finish();

 private:
  void tell(const Breach& breach, const ObjectEntry& object, std::string_view role, bool is_readable);
  bool add_part(const ObjectEntry& object, const PartEntry& part, PartFacts& facts);
  BlobPlaces* places_of(const PartEntry& part);
  /// Parts of one role; true where there are any, and the object cannot be used.
  bool tell_duplicate_parts(const ObjectEntry& object);
  void tell_duplicates();
  void tell_overlaps(BlobPlaces& places, std::string_view in);

  Version version_;
  std::string path_;
  Report& report_;
  // Of the file itself, and of its shards.
  BlobPlaces places_;
  std::unordered_map<std::string_view, BlobPlaces> places_in_shards_;
  std::vector<std::string_view> names_;  ///< of objects, by their number; borrowed from the index
};

}  // namespace aerotool::ztensor

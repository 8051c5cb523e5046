#include "formats/ztensor/write/canonical_check.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/ztensor/write/blobs.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "formats/ztensor/write/written_objects.hpp"

namespace aerotool::ztensor {
namespace {

/// As a conversion plans it.
Plan plan_of(const Model& model) {
  Plan plan;
  plan.models = {&model};
  for (std::size_t i = 0; i < model.tensors().size(); ++i) plan.tensors.push_back({&model, i});
  std::ranges::sort(plan.tensors, {},
                    [](const PlannedTensor& planned) -> const std::string& { return planned.tensor().name; });
  return plan;
}

}  // namespace

bool is_canonical(const Model& model, const TensorTable& table, const Container& container, ByteSpan manifest,
                  const std::optional<Metadata>& attributes) {
  if (container.version != Version::v2) return false;
  const bool has_usual_parts = std::ranges::all_of(table.parts, [](const StoredPart& part) {
    return part.file == 0 && part.encoding == Encoding::raw && part.checksum &&
           part.checksum->algorithm == hash::Algorithm::xxh3;
  });
  if (!has_usual_parts) return false;
  const Plan plan = plan_of(model);
  try {
    const std::vector<WrittenObject> objects = written_objects(plan, Version::v2);
    std::vector<const hash::Checksum*> digests;
    Sharing sharing;
    std::map<std::pair<std::uint64_t, Digest>, std::size_t> first;
    for (const WrittenObject& object : objects) {
      for (const WrittenPart& part : object.parts) {
        digests.push_back(&*table.parts[plan.tensors[part.tensor].index].checksum);
        sharing.push_back(
            first.try_emplace({part.size, digests.back()->value}, sharing.size()).first->second);
      }
    }
    const Blobs blobs = place_blobs(plan, objects, kCanonicalAlignment, sharing);
    if (blobs.end != container.manifest_offset) return false;
    std::uint64_t position = 0;
    bool is_alike = true;
    render_manifest_2(
        objects, attributes,
        [&](std::size_t part) {
          return PlacedPart{.offset = blobs.offset(part),
                            .length = blobs.length(part),
                            .digest = hash::to_string(*digests[part])};
        },
        [&](std::string_view piece) {
          is_alike = is_alike && range_fits(position, piece.size(), manifest.size()) &&
                     std::ranges::equal(bytes_of(piece), manifest.subspan(position, piece.size()));
          position += piece.size();
        });
    return is_alike && position == manifest.size();
  } catch (const ContentError&) {
    return false;
  }
}

}  // namespace aerotool::ztensor

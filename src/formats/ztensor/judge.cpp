#include "formats/ztensor/judge.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/distinct.hpp"
#include "core/text.hpp"
#include "formats/ztensor/layout_rules.hpp"

namespace aerotool::ztensor {
namespace {

/// The index, where objects are meant by their numbers.
constexpr std::uint64_t kIndex = std::numeric_limits<std::uint64_t>::max();

std::uint64_t alignment_of(Version version) {
  return version == Version::v2 ? kAlignment2 : kAlignment1;
}

std::string part_name(std::string_view role) {
  return "part '" + escape_controls(shortened(role)) + "': ";
}

}  // namespace

IndexJudge::IndexJudge(const Container& container, std::string path, Report& report)
    : version_(container.version),
      path_(std::move(path)),
      report_(report),
      places_(alignment_of(container.version), container.blobs_end) {
  // In the older versions blobs end where the index begins.
  if (version_ == Version::v2) places_.add(container.manifest_offset, container.manifest_length, kIndex);
}

void IndexJudge::add_shards(std::span<const ShardEntry> shards) {
  for (const ShardEntry& shard : shards) {
    const Where where{path_, {}, {}};
    const std::string name = "the shard '" + std::string(shard.name) + "'";
    std::optional<hash::Checksum> digest;
    if (const auto breach = read_digest(shard.digest, version_, digest))
      report_.fault(code_of(breach->rule), where, said(breach->rule, name + ": " + breach->message));
    constexpr std::uint64_t kSmallest = kMagicSize + kFooterSize;
    if (shard.size < kSmallest) {
      report_.fault(code_of(Rule::schema), where,
                    said(Rule::schema, name + " has " + plural(shard.size, "byte") + "; the smallest has " +
                                           std::to_string(kSmallest)));
    }
    places_in_shards_.try_emplace(shard.name, kAlignment2,
                                  shard.size < kSmallest ? 0 : shard.size - kFooterSize);
  }
}

void IndexJudge::tell(const Breach& breach, const ObjectEntry& object, std::string_view role,
                      bool is_readable) {
  const bool is_dense = object.layout == kDense || role.empty();
  Where where{path_, object.position, std::string(shortened(object.name))};
  std::string message = said(breach.rule, (is_dense ? "" : part_name(role)) + breach.message);
  if (is_readable) {
    report_.fault(code_of(breach.rule), std::move(where), std::move(message));
  } else {
    report_.unreadable(code_of(breach.rule), std::move(where), std::move(message));
  }
}

BlobPlaces* IndexJudge::places_of(const PartEntry& part) {
  if (!part.shard) return &places_;
  const auto found = places_in_shards_.find(*part.shard);
  return found == places_in_shards_.end() ? nullptr : &found->second;
}

bool IndexJudge::add_part(const ObjectEntry& object, const PartEntry& part, PartFacts& facts) {
  if (const auto breach = find_facts(part, version_, facts)) {
    tell(*breach, object, part.role, false);
    return false;
  }
  BlobPlaces* const places = places_of(part);
  if (places == nullptr) {
    tell({Rule::shard_ref, "it lies in the shard '" + escape_controls(shortened(*part.shard)) +
                               "', which the index does not list"},
         object, part.role, false);
    return false;
  }
  const auto breach = places->add(part.offset, part.length, names_.size());
  if (!breach) return true;
  const bool is_readable = breach->rule == Rule::blob_alignment;
  tell(*breach, object, part.role, is_readable);
  return is_readable;
}

bool IndexJudge::add(const ObjectEntry& object, std::vector<PartFacts>& facts) {
  facts.assign(object.parts.size(), {});
  bool is_usable = true;
  for (std::size_t i = 0; i < object.parts.size(); ++i)
    is_usable = add_part(object, object.parts[i], facts[i]) && is_usable;
  names_.push_back(object.name);
  if (!is_usable || tell_duplicate_parts(object)) return false;
  if (const auto breach = layout_breach(object, facts, version_)) {
    // A layout that is not kept leaves parts that can be read; a shape that is not leaves no tensor.
    const bool is_readable = breach->rule == Rule::layout_rule;
    tell(*breach, object, {}, is_readable);
    return is_readable;
  }
  return true;
}

bool IndexJudge::tell_duplicate_parts(const ObjectEntry& object) {
  // The map of version 2 has been read in order.
  if (version_ == Version::v2 || object.parts.size() < 2) return false;
  std::vector<std::string_view> roles;
  for (const PartEntry& part : object.parts) roles.push_back(part.role);
  std::ranges::sort(roles);
  const auto twice = std::ranges::adjacent_find(roles);
  if (twice == roles.end()) return false;
  tell({Rule::cbor_duplicate_key, "the part is duplicated: readers differ in which they take"}, object,
       *twice, false);
  return true;
}

void IndexJudge::tell_duplicates() {
  // The map of version 2 has been read in order.
  if (version_ == Version::v2) return;
  DistinctHashes hashes;
  hashes.reserve(names_.size());
  for (const std::string_view name : names_) hashes.add(name);
  if (hashes.differ()) return;
  std::vector<std::string_view> sorted = names_;
  std::ranges::sort(sorted);
  for (auto at = std::ranges::adjacent_find(sorted); at != sorted.end() && !report_.full();
       at = std::adjacent_find(at, sorted.end())) {
    const std::string_view name = *at;
    report_.unreadable(
        Code::duplicate, {path_, {}, std::string(shortened(name))},
        said(Rule::cbor_duplicate_key, "the name is duplicated: readers differ in which they take"));
    at = std::find_if(at, sorted.end(), [&](std::string_view other) { return other != name; });
  }
}

void IndexJudge::tell_overlaps(BlobPlaces& places, std::string_view in) {
  const auto name = [&](std::uint64_t owner) {
    return owner == kIndex ? "the index" : "'" + escape_controls(shortened(names_[owner])) + "'";
  };
  for (const auto& [owner, other] : places.overlaps()) {
    report_.fault(code_of(Rule::blob_overlap), {path_, {}, {}},
                  said(Rule::blob_overlap, "blobs of " + name(other) + " and " + name(owner) +
                                               " overlap in part" + std::string(in)));
  }
}

void IndexJudge::finish() {
  tell_duplicates();
  tell_overlaps(places_, {});
  for (auto& [name, places] : places_in_shards_)
    tell_overlaps(places, " in the shard '" + std::string(name) + "'");
}

}  // namespace aerotool::ztensor

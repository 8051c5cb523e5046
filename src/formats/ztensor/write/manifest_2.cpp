#include "formats/ztensor/write/manifest_2.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "encoding/cbor/writer.hpp"

namespace aerotool::ztensor {
namespace {

void append_attributes(std::string& out, const Metadata& attributes) {
  MapItems items;
  for (const auto& [key, value] : attributes.entries) items.emplace_back(Value::string(key), value);
  cbor::append_value(out, Value::map(std::move(items)), cbor::MapOrder::deterministic);
}

/// Keys in the order of their encoded bytes: blob, type, dtype, shard, digest, encoding, decoded_length.
void append_part(std::string& out, const WrittenPart& part, const PlacedPart& placed) {
  cbor::append_map(out, 2 + (part.type.empty() ? 0 : 1) + (placed.shard.empty() ? 0 : 1) +
                            (placed.digest.empty() ? 0 : 1) + (placed.is_compressed ? 2 : 0));
  cbor::append_text(out, "blob");
  cbor::append_array(out, 2);
  cbor::append_unsigned(out, placed.offset);
  cbor::append_unsigned(out, placed.length);
  if (!part.type.empty()) {
    cbor::append_text(out, "type");
    cbor::append_text(out, part.type);
  }
  cbor::append_text(out, "dtype");
  cbor::append_text(out, part.dtype);
  if (!placed.shard.empty()) {
    cbor::append_text(out, "shard");
    cbor::append_text(out, placed.shard);
  }
  if (!placed.digest.empty()) {
    cbor::append_text(out, "digest");
    cbor::append_text(out, placed.digest);
  }
  if (!placed.is_compressed) return;
  cbor::append_text(out, "encoding");
  cbor::append_text(out, kZstdSeekable);
  cbor::append_text(out, "decoded_length");
  cbor::append_unsigned(out, part.size);
}

/// Parts by number in the order in which a map has their roles as keys.
std::vector<std::size_t> key_order(const std::vector<WrittenPart>& parts) {
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(
      order, [&](std::size_t a, std::size_t b) { return cbor::key_before(parts[a].role, parts[b].role); });
  return order;
}

}  // namespace

void begin_manifest_2(std::string& out, std::uint64_t objects, bool has_attributes,
                      std::span<const ShardEntry> shards) {
  cbor::append_map(out, 1 + (has_attributes ? 1 : 0) + (shards.empty() ? 0 : 1));
  if (!shards.empty()) {
    cbor::append_text(out, "shards");
    cbor::append_map(out, shards.size());
    for (const ShardEntry& shard : shards) {
      cbor::append_text(out, shard.name);
      cbor::append_map(out, 2);
      cbor::append_text(out, "size");
      cbor::append_unsigned(out, shard.size);
      cbor::append_text(out, "digest");
      cbor::append_text(out, shard.digest);
    }
  }
  cbor::append_text(out, "objects");
  cbor::append_map(out, objects);
}

void append_object_2(std::string& out, const WrittenObject& object,
                     const std::function<PlacedPart(std::size_t part)>& place) {
  cbor::append_text(out, object.name);
  cbor::append_map(out, object.attributes ? 4 : 3);
  cbor::append_text(out, "parts");
  cbor::append_map(out, object.parts.size());
  for (const std::size_t part : key_order(object.parts)) {
    cbor::append_text(out, object.parts[part].role);
    append_part(out, object.parts[part], place(part));
  }
  cbor::append_text(out, "shape");
  cbor::append_array(out, object.shape.size());
  for (const std::uint64_t dimension : object.shape) cbor::append_unsigned(out, dimension);
  cbor::append_text(out, "layout");
  cbor::append_text(out, object.layout);
  if (!object.attributes) return;
  cbor::append_text(out, "attributes");
  append_attributes(out, *object.attributes);
}

void end_manifest_2(std::string& out, const std::optional<Metadata>& attributes) {
  if (!attributes) return;
  cbor::append_text(out, "attributes");
  append_attributes(out, *attributes);
}

void render_manifest_2(const WrittenObjects& objects, const std::optional<Metadata>& attributes,
                       std::span<const ShardEntry> shards,
                       const std::function<PlacedPart(std::size_t part)>& place,
                       const std::function<void(std::string_view)>& put) {
  constexpr std::size_t kAtOnce = std::size_t{64} << 10;
  std::string out;
  begin_manifest_2(out, objects.size(), attributes.has_value(), shards);
  for (const std::uint32_t number : objects.key_order()) {
    if (out.size() >= kAtOnce) {
      put(out);
      out.clear();
    }
    const std::size_t first = objects.first_part(number);
    append_object_2(out, objects.at(number), [&](std::size_t part) { return place(first + part); });
  }
  end_manifest_2(out, attributes);
  put(out);
}

std::string render_footer(std::uint64_t manifest_offset, std::uint64_t manifest_length, std::uint64_t hash) {
  constexpr std::uint32_t kVersion = 2;
  std::array<std::byte, kFooterSize - kMagicSize> fields{};  // the last one, which is reserved, stays 0
  store_le(fields, 0, manifest_offset);
  store_le(fields, 8, manifest_length);
  store_le(fields, 16, hash);
  store_le(fields, 24, kVersion);
  return std::string(chars_of(ByteSpan(fields))) + std::string(kMagic2);
}

std::string render_shard_footer() {
  return render_footer(0, 0, 0);
}

}  // namespace aerotool::ztensor

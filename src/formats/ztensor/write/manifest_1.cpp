#include "formats/ztensor/write/manifest_1.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/bytes.hpp"
#include "encoding/cbor/writer.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::string_view kVersion = "1.2.0";

/// "crc32c:0x9C52D81A", "sha256:..."
std::string digest_text(const hash::Checksum& digest) {
  std::string text = hash::to_string(digest);
  if (digest.algorithm != hash::Algorithm::crc32c) return text;
  const std::size_t begin = text.find(':') + 1;
  for (std::size_t i = begin; i < text.size(); ++i) {
    if (text[i] >= 'a' && text[i] <= 'f') text[i] = static_cast<char>(text[i] - 'a' + 'A');
  }
  return text.insert(begin, "0x");
}

/// Keys in byte order; what is in them as it is.
void append_attributes(std::string& out, const Metadata& attributes) {
  auto entries = attributes.entries;
  std::ranges::sort(entries, {}, [](const auto& entry) -> const std::string& { return entry.first; });
  cbor::append_text(out, "attributes");
  cbor::append_map(out, entries.size());
  for (const auto& [key, value] : entries) {
    cbor::append_text(out, key);
    cbor::append_value(out, value, cbor::MapOrder::given);
  }
}

void append_component(std::string& out, const WrittenPart& part, const PlacedComponent& placed) {
  cbor::append_map(
      out, 3 + (part.type.empty() ? 0 : 1) + (placed.is_compressed ? 2 : 0) + (placed.digest ? 1 : 0));
  cbor::append_text(out, "dtype");
  cbor::append_text(out, part.dtype);
  if (!part.type.empty()) {
    cbor::append_text(out, "type");
    cbor::append_text(out, part.type);
  }
  cbor::append_text(out, "offset");
  cbor::append_unsigned(out, placed.offset);
  cbor::append_text(out, "length");
  cbor::append_unsigned(out, placed.length);
  if (placed.is_compressed) {
    cbor::append_text(out, "uncompressed_length");
    cbor::append_unsigned(out, part.size);
    cbor::append_text(out, "encoding");
    cbor::append_text(out, kZstd);
  }
  if (!placed.digest) return;
  cbor::append_text(out, "digest");
  cbor::append_text(out, digest_text(*placed.digest));
}

}  // namespace

std::string render_manifest_1(const WrittenObjects& objects, const std::optional<Metadata>& attributes,
                              const std::function<PlacedComponent(std::size_t part)>& place) {
  std::string out;
  cbor::append_map(out, attributes ? 3 : 2);
  cbor::append_text(out, "version");
  cbor::append_text(out, kVersion);
  if (attributes) append_attributes(out, *attributes);
  cbor::append_text(out, "objects");
  cbor::append_map(out, objects.size());
  std::size_t part = 0;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const WrittenObject object = objects.at(i);
    cbor::append_text(out, object.name);
    cbor::append_map(out, object.attributes ? 4 : 3);
    cbor::append_text(out, "shape");
    cbor::append_array(out, object.shape.size());
    for (const std::uint64_t dimension : object.shape) cbor::append_unsigned(out, dimension);
    cbor::append_text(out, "format");
    cbor::append_text(out, object.layout);
    if (object.attributes) append_attributes(out, *object.attributes);
    cbor::append_text(out, "components");
    cbor::append_map(out, object.parts.size());
    for (const WrittenPart& written : object.parts) {
      cbor::append_text(out, written.role);
      append_component(out, written, place(part++));
    }
  }
  return out;
}

std::string render_end_1(std::uint64_t manifest_size) {
  std::array<std::byte, sizeof(std::uint64_t)> size{};
  store_le(size, 0, manifest_size);
  return std::string(chars_of(ByteSpan(size))) + std::string(kMagic1);
}

}  // namespace aerotool::ztensor

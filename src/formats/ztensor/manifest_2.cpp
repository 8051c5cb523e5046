#include <algorithm>

#include "core/text.hpp"
#include "formats/ztensor/manifest_versions.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::size_t kMaxShardName = 64;

void require_name(const EntryReader& reader, std::string_view name) {
  if (name.empty()) reader.refuse(Rule::name, "a name is empty");
  if (name.size() > kMaxName) {
    reader.refuse(Rule::name, "a name has " + std::to_string(name.size()) + " bytes; at most " +
                                  std::to_string(kMaxName) + " are allowed");
  }
  if (name.find('\0') != std::string_view::npos) reader.refuse(Rule::name, "a name has a NUL in it");
}

void require_shard_name(const EntryReader& reader, std::string_view name) {
  const auto is_allowed = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  if (name.empty() || name.size() > kMaxShardName || name.front() == '.' ||
      !std::ranges::all_of(name, is_allowed))
    reader.refuse(Rule::shard_name,
                  "the shard name '" + escape_controls(shortened(name)) + "' is not allowed");
}

Value attributes(EntryReader& reader) {
  Value value = reader.attributes();
  for (const auto& [key, item] : value.map()) require_name(reader, key.text());
  return value;
}

ShardEntry shard(EntryReader& reader, std::string_view name) {
  require_shard_name(reader, name);
  ShardEntry shard{.name = name, .size = 0, .digest = {}};
  const EntryReader::Key keys[] = {
      {"size", true, [&] { shard.size = reader.cbor().unsigned_integer(); }},
      {"digest", true, [&] { shard.digest = reader.text(); }},
  };
  reader.map("a shard", keys);
  return shard;
}

void read_blob(cbor::Reader& cbor, const EntryReader& reader, PartEntry& part) {
  cbor.begin_array();
  std::uint64_t* const numbers[] = {&part.offset, &part.length};
  for (std::uint64_t* number : numbers) {
    if (!cbor.more()) reader.refuse(Rule::schema, "a blob is not [offset, length]");
    *number = cbor.unsigned_integer();
  }
  if (cbor.more()) reader.refuse(Rule::schema, "a blob is not [offset, length]");
}

PartEntry part(EntryReader& reader, std::string_view role) {
  require_name(reader, role);
  cbor::Reader& cbor = reader.cbor();
  PartEntry part;
  part.role = role;
  std::optional<std::string_view> encoding;
  const EntryReader::Key keys[] = {
      {"blob", true, [&] { read_blob(cbor, reader, part); }},
      {"type", false, [&] { part.type = reader.text(); }},
      {"dtype", true, [&] { part.dtype = reader.text(); }},
      {"shard", false, [&] { part.shard = reader.text(); }},
      {"digest", false, [&] { part.digest = reader.text(); }},
      {"encoding", false, [&] { encoding = reader.text(); }},
      {"decoded_length", false, [&] { part.decoded_length = cbor.unsigned_integer(); }},
  };
  reader.map("a part", keys);
  if (encoding.has_value() != part.decoded_length.has_value())
    reader.refuse(Rule::schema, "a part has one of 'encoding' and 'decoded_length' without the other");
  if (encoding) part.encoding = *encoding;
  return part;
}

void object(EntryReader& reader, std::string_view name, const IndexVisitor& visitor) {
  require_name(reader, name);
  ObjectEntry object;
  object.name = name;
  object.position = reader.position();
  const EntryReader::Key keys[] = {
      {"parts", true,
       [&] {
         reader.names("an object",
                      [&](std::string_view role) { object.parts.push_back(part(reader, role)); });
       }},
      {"shape", true, [&] { object.shape = reader.shape(); }},
      {"layout", true, [&] { object.layout = reader.text(); }},
      {"attributes", false, [&] { object.attributes = attributes(reader); }},
  };
  reader.map("an object", keys);
  if (object.parts.empty())
    reader.refuse(Rule::schema, "the object '" + escape_controls(shortened(name)) + "' has no parts");
  visitor.object(object);
}

}  // namespace

Root read_manifest_2(EntryReader& reader, const IndexVisitor& visitor) {
  Root root;
  const EntryReader::Key keys[] = {
      {"shards", false,
       [&] {
         reader.names("the index",
                      [&](std::string_view name) { root.shards.push_back(shard(reader, name)); });
       }},
      {"objects", true,
       [&] {
         visitor.shards(root.shards);
         reader.names("the index", [&](std::string_view name) { object(reader, name, visitor); });
       }},
      {"attributes", false, [&] { root.attributes = attributes(reader); }},
  };
  reader.map("the index", keys);
  return root;
}

}  // namespace aerotool::ztensor

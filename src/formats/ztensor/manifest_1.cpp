#include "formats/ztensor/manifest_versions.hpp"

namespace aerotool::ztensor {
namespace {

/// What 1.0 has as the type of an object is that of its values; all else are indexes.
void give_types_1_0(ObjectEntry& object, std::string_view dtype) {
  for (PartEntry& part : object.parts) {
    const bool is_index = part.role == "indices" || part.role == "indptr" || part.role == "coords";
    part.dtype = is_index ? std::string_view("uint64") : dtype;
  }
}

struct Reading {
  EntryReader& reader;
  const IndexVisitor& visitor;
  Version version;

  PartEntry part(std::string_view role) const {
    cbor::Reader& cbor = reader.cbor();
    const bool has_type = version == Version::v1_1;
    PartEntry part;
    part.role = role;
    const EntryReader::Key keys[] = {
        {"offset", true, [&] { part.offset = cbor.unsigned_integer(); }},
        {"length", true, [&] { part.length = cbor.unsigned_integer(); }},
        {"encoding", false, [&] { part.encoding = reader.text(); }},
        {"digest", false, [&] { part.digest = reader.text(); }},
        {"dtype", has_type, [&] { part.dtype = reader.text(); }},
        {"type", false, [&] { part.type = reader.text(); }},
        {"uncompressed_length", false, [&] { part.decoded_length = cbor.unsigned_integer(); }},
    };
    constexpr std::size_t kKeysOfFirst = 4;
    reader.map("a component", std::span(keys).first(has_type ? std::size(keys) : kKeysOfFirst));
    return part;
  }

  void objects() const {
    reader.names("the index", [&](std::string_view name) {
      ObjectEntry object;
      object.name = name;
      object.position = reader.position();
      std::string_view dtype;
      const bool has_type = version == Version::v1_0;
      const EntryReader::Key keys[] = {
          {"shape", true, [&] { object.shape = reader.shape(); }},
          {"format", true, [&] { object.layout = reader.text(); }},
          {"components", true,
           [&] {
             reader.names("an object", [&](std::string_view role) { object.parts.push_back(part(role)); });
           }},
          {"attributes", false, [&] { object.attributes = reader.attributes(); }},
          {"dtype", has_type, [&] { dtype = reader.text(); }},
      };
      reader.map("an object", std::span(keys).first(std::size(keys) - (has_type ? 0 : 1)));
      if (has_type) give_types_1_0(object, dtype);
      visitor.object(object);
    });
  }
};

}  // namespace

Root read_manifest_1_0(EntryReader& reader, const IndexVisitor& visitor) {
  Root root;
  const EntryReader::Key keys[] = {
      {"version", true, [&] { root.version = reader.text(); }},
      {"generator", true, [&] { root.generator = reader.text(); }},
      {"attributes", true, [&] { root.attributes = reader.attributes(); }},
      {"tensors", true,
       [&] {
         Reading{reader, visitor, Version::v1_0}.objects();
       }},
  };
  reader.map("the index", keys);
  return root;
}

Root read_manifest_1_1(EntryReader& reader, const IndexVisitor& visitor) {
  Root root;
  const EntryReader::Key keys[] = {
      {"version", true, [&] { root.version = reader.text(); }},
      {"attributes", false, [&] { root.attributes = reader.attributes(); }},
      {"objects", true,
       [&] {
         Reading{reader, visitor, Version::v1_1}.objects();
       }},
  };
  reader.map("the index", keys);
  return root;
}

}  // namespace aerotool::ztensor

#include "formats/ztensor/manifest_versions.hpp"

namespace aerotool::ztensor {

void read_manifest_0_1(EntryReader& reader, const IndexVisitor& visitor) {
  cbor::Reader& cbor = reader.cbor();
  ObjectEntry object;
  PartEntry part;
  const EntryReader::Key keys[] = {
      {"name", true, [&] { object.name = reader.text(); }},
      {"offset", true, [&] { part.offset = cbor.unsigned_integer(); }},
      {"size", true, [&] { part.length = cbor.unsigned_integer(); }},
      {"dtype", true, [&] { part.dtype = reader.text(); }},
      {"shape", true, [&] { object.shape = reader.shape(); }},
      {"encoding", true, [&] { part.encoding = reader.text(); }},
      {"layout", false, [&] { object.layout = reader.text(); }},
      {"data_endianness", false,
       [&] {
         const std::string_view order = reader.text();
         if (order != "little" && order != "big") reader.refuse(Rule::schema, "an unknown data_endianness");
         part.big_endian = order == "big";
       }},
      {"checksum", false, [&] { part.digest = reader.text(); }},
  };
  cbor.begin_array();
  while (cbor.more()) {
    object = {};
    part = {};
    object.position = reader.position();
    reader.map("a tensor", keys);
    part.role = kData;
    object.parts.push_back(part);
    visitor.object(object);
  }
}

}  // namespace aerotool::ztensor

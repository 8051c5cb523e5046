// Distributed checkpoints made by hand: the opcodes of an index, and the archives that items are.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "encoding/zip/writer.hpp"
#include "hash/crc32.hpp"

namespace aerotool::test::dcp_pickle {

using Numbers = std::vector<std::uint64_t>;

inline std::string little_endian(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}
inline std::string short_text(const std::string& value) {
  return "\x8c" + little_endian(value.size(), 1) + value;
}
inline std::string global(const std::string& module, const std::string& name) {
  return short_text(module) + short_text(name) + "\x93";
}
inline std::string of_metadata(const std::string& name) {
  return global("torch.distributed.checkpoint.metadata", name);
}
inline std::string number(std::uint64_t value) {
  return "\x8a\x08" + little_endian(value, 8);
}
inline std::string tuple(const Numbers& numbers) {
  std::string text = "(";
  for (const std::uint64_t value : numbers) text += number(value);
  return text + "t";
}
inline std::string size_of(const Numbers& numbers) {
  return global("torch", "Size") + tuple(numbers) + "\x85R";
}
inline std::string object(const std::string& class_name, const std::string& attributes) {
  return class_name + ")\x81}(" + attributes + "ub";
}

inline std::string chunk_of(const Numbers& offsets, const Numbers& sizes) {
  return object(of_metadata("ChunkStorageMetadata"),
                short_text("offsets") + size_of(offsets) + short_text("sizes") + size_of(sizes));
}
inline std::string place_of(const std::string& key, const Numbers& begin) {
  return object(of_metadata("MetadataIndex"), short_text("fqn") + short_text(key) + short_text("offset") +
                                                  size_of(begin) + short_text("index") + "N");
}
inline std::string item_of(const std::string& file, std::uint64_t offset, std::uint64_t length,
                           const std::string& more = "") {
  return object(global("torch.distributed.checkpoint.filesystem", "_StorageInfo"),
                short_text("relative_path") + short_text(file) + short_text("offset") + number(offset) +
                    short_text("length") + number(length) + more);
}
inline std::string tensor_of(const std::string& dtype, const Numbers& size, const std::string& chunks) {
  return object(of_metadata("TensorStorageMetadata"),
                short_text("properties") + of_metadata("TensorProperties") + ")\x81(" +
                    global("torch", dtype) + "N\x89N\x89tb" + short_text("size") + size_of(size) +
                    short_text("chunks") + "](" + chunks + "e");
}
/// `ways` is a dict, or None.
inline std::string index_of(const std::string& keys, const std::string& items,
                            const std::string& ways = "N") {
  return "\x80\x04" +
         object(of_metadata("Metadata"), short_text("state_dict_metadata") + keys +
                                             short_text("storage_data") + items + short_text("planner_data") +
                                             ways) +
         ".";
}

/// What torch.save() writes of a tensor of a whole storage.
inline std::string saved_tensor(const std::string& storage_class, const Numbers& shape,
                                const Numbers& strides, const std::string& data, std::uint64_t count) {
  const std::string pickle =
      "\x80\x02"
      "ctorch._utils\n_rebuild_tensor_v2\n((" +
      ("X" + little_endian(7, 4) + "storage") + "ctorch\n" + storage_class + "\n" +
      ("X" + little_endian(1, 4) + "0") + ("X" + little_endian(3, 4) + "cpu") + number(count) + "tQ" +
      number(0) + tuple(shape) + tuple(strides) +
      "\x89"
      "ccollections\nOrderedDict\n)RtR.";
  std::string archive;
  std::vector<zip::Member> members;
  const auto add = [&](const std::string& name, const std::string& bytes, std::uint64_t alignment) {
    members.push_back(
        {"archive/" + name, archive.size(), bytes.size(), hash::crc32(bytes_of(bytes)), alignment});
    archive += zip::local_header(members.back()) + bytes;
  };
  add("data.pkl", pickle, 1);
  add("data/0", data, 64);
  add("version", "3\n", 1);
  return archive + zip::directory(members, archive.size());
}

}  // namespace aerotool::test::dcp_pickle

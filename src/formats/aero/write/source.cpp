#include "formats/aero/write/source.hpp"

#include "encoding/msgpack/pack.hpp"

namespace aerotool::aero {

namespace {

/// A value as [type, value] carries it: an array's is [element type, [...]], nested alike.
void pack_typed(PackBuffer& out, const Value& value) {
  if (value.type != ValueType::array) {
    pack_value(out, value);
    return;
  }
  const Array& array = value.array();
  pack_array_header(out, 2);
  pack_unsigned(out, static_cast<std::uint64_t>(array.element));
  pack_array_header(out, array.count);
  for_each_element(array, [&](const Value& element) {
    pack_typed(out, element);
    return true;
  });
}

/// The members of a map, counted as they are packed.
struct Members {
  PackBuffer packed;
  std::size_t count = 0;

  void key(std::string_view name) {
    pack_text(packed, name);
    ++count;
  }

  void metadata(const Metadata& metadata, bool typed) {
    key("metadata");
    const auto& entries = metadata.entries;
    typed ? pack_array_header(packed, entries.size()) : pack_map_header(packed, entries.size());
    for (const auto& [name, value] : entries) {
      if (typed) pack_array_header(packed, 3);
      pack_text(packed, name);
      if (typed) {
        pack_unsigned(packed, static_cast<std::uint64_t>(value.type));
        pack_typed(packed, value);
      } else {
        pack_value(packed, value);
      }
    }
  }

  void order(const std::vector<std::uint64_t>& order) {
    key("order");
    pack_array_header(packed, order.size());
    for (const std::uint64_t index : order) pack_unsigned(packed, index);
  }

  void binary(std::string_view name, const std::optional<Bytes>& bytes) {
    if (!bytes) return;
    key(name);
    pack_binary(packed, bytes->view);
  }

  void gaps(const std::vector<std::pair<std::uint64_t, Bytes>>& gaps) {
    if (gaps.empty()) return;
    key("gaps");
    pack_array_header(packed, gaps.size());
    for (const auto& [offset, bytes] : gaps) {
      pack_array_header(packed, 2);
      pack_unsigned(packed, offset);
      pack_binary(packed, bytes.view);
    }
  }

  void append_to(PackBuffer& out) const {
    pack_map_header(out, count);
    out.bytes += packed.bytes;
  }
};

/// Of a map of values, or of an object.
void pack_attributes(Members& members, const Metadata& attributes) {
  members.key("attributes");
  pack_map_header(members.packed, attributes.entries.size());
  for (const auto& [name, value] : attributes.entries) {
    pack_text(members.packed, name);
    pack_value(members.packed, value);
  }
}

/// Which tensors they are made of, TIDX says.
void pack_objects(Members& members, const std::vector<Object>& objects) {
  if (objects.empty()) return;
  members.key("objects");
  pack_array_header(members.packed, objects.size());
  for (const Object& object : objects) {
    Members inner;
    inner.key("name");
    pack_text(inner.packed, object.name);
    inner.key("layout");
    pack_text(inner.packed, object.layout);
    if (object.kind != Object::Kind::other) {
      inner.key("kind");
      pack_text(inner.packed, name_of(object.kind));
    }
    inner.key("shape");
    pack_array_header(inner.packed, object.shape.size());
    for (const std::uint64_t dimension : object.shape) pack_unsigned(inner.packed, dimension);
    inner.key("parts");
    pack_array_header(inner.packed, object.parts.size());
    for (const Object::Part& part : object.parts) {
      pack_array_header(inner.packed, part.type.empty() ? 1 : 2);
      pack_text(inner.packed, part.role);
      if (!part.type.empty()) pack_text(inner.packed, part.type);
    }
    if (object.attributes) pack_attributes(inner, *object.attributes);
    inner.append_to(members.packed);
  }
}

void pack_files(Members& members, const Source& source) {
  if (source.files.empty()) return;
  members.key("files");
  pack_array_header(members.packed, source.files.size());
  for (const SourceFile& file : source.files) {
    Members inner;
    inner.key("path");
    pack_text(inner.packed, file.path);
    if (file.metadata) inner.metadata(*file.metadata, source.typed_metadata);
    inner.order(file.order);
    inner.binary("head", file.head);
    inner.gaps(file.gaps);
    inner.append_to(members.packed);
  }
}

}  // namespace

std::string pack_source(const Source& source) {
  Members members;
  members.key("format");
  pack_text(members.packed, source.format);
  if (source.version) {
    members.key("version");
    pack_unsigned(members.packed, *source.version);
  }
  if (source.alignment) {
    members.key("alignment");
    pack_unsigned(members.packed, *source.alignment);
  }
  if (source.metadata) {
    source.valued_metadata ? pack_attributes(members, *source.metadata)
                           : members.metadata(*source.metadata, source.typed_metadata);
  }
  pack_objects(members, source.objects);
  if (source.order && !source.order->empty()) members.order(*source.order);
  members.binary("head", source.head);
  members.gaps(source.gaps);
  if (!source.stored.empty()) {
    members.key("stored");
    pack_array_header(members.packed, source.stored.size());
    for (const auto& [tensor, bytes] : source.stored) {
      pack_array_header(members.packed, 2);
      pack_unsigned(members.packed, tensor);
      pack_binary(members.packed, bytes.view);
    }
  }
  if (source.tail) {
    members.key("tail");
    pack_array_header(members.packed, 2);
    pack_unsigned(members.packed, source.tail->first);
    pack_binary(members.packed, source.tail->second.view);
  }
  pack_files(members, source);
  members.binary("index", source.index);
  if (!source.index_path.empty()) {
    members.key("index_path");
    pack_text(members.packed, source.index_path);
  }
  if (source.named_by_path) {
    members.key("named_by_path");
    pack_value(members.packed, Value::boolean(true));
  }
  for (const auto& [key, value] : source.other) {
    pack_value(members.packed, key);
    pack_value(members.packed, value);
    ++members.count;
  }
  PackBuffer out;
  members.append_to(out);
  return std::move(out.bytes);
}

}  // namespace aerotool::aero

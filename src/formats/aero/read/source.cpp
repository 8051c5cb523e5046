#include "formats/aero/read/source.hpp"

namespace aerotool::aero {
namespace {

/// What pack_text writes is read as binary where it is not UTF-8: names of files and hostile keys.
bool is_text(const Value& value) {
  return value.type == ValueType::string || value.type == ValueType::binary;
}

/// Gives an untyped number, string or array the type that stands beside it. False where it is no such value.
bool restore_type(Value& value, std::uint64_t type_number);

bool restore_array(Value& value) {
  if (value.type != ValueType::array || value.array().count != 2) return false;
  // [element type, [...]]: a number and an array, so never packed.
  if (value.array().is_packed()) return false;
  const Value type = value.array().items[0];
  Value elements = value.array().items[1];
  if (!type.is_unsigned() || elements.type != ValueType::array) return false;
  const auto element = static_cast<ValueType>(type.bits);
  if (type.bits > static_cast<std::uint64_t>(ValueType::f64)) return false;
  Array restored;
  restored.element = element;
  restored.count = elements.array().count;
  bool sound = true;
  if (element == ValueType::array) {
    for_each_element(elements.array(), [&](const Value& item) {
      restored.items.push_back(item);
      sound = restore_array(restored.items.back());
      return sound;
    });
  } else {
    // Repacked at the element's own width.
    std::string packed;
    for_each_element(elements.array(), [&](Value item) {
      sound = restore_type(item, type.bits);
      if (!sound) return false;
      const std::size_t width = element == ValueType::string ? 8 : packed_width(element);
      const std::uint64_t bits = element == ValueType::string ? item.text().size() : item.bits;
      for (std::size_t i = 0; i < width; ++i) packed += static_cast<char>((bits >> (8 * i)) & 0xff);
      if (element == ValueType::string) packed += item.text();
      return true;
    });
    restored.packed = Bytes::own(std::move(packed));
  }
  value = Value::array(std::move(restored));
  return sound;
}

bool fits(const Value& value, std::uint64_t bits, bool is_signed) {
  if (bits == 64) return is_signed || value.is_unsigned();
  if (!is_signed) return value.is_unsigned() && value.bits < (std::uint64_t{1} << bits);
  const auto number = static_cast<std::int64_t>(value.bits);
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  if (value.is_unsigned()) return value.bits < static_cast<std::uint64_t>(limit);
  return number >= -limit;
}

bool restore_type(Value& value, std::uint64_t type_number) {
  if (type_number > static_cast<std::uint64_t>(ValueType::f64)) return false;
  const auto type = static_cast<ValueType>(type_number);
  switch (type) {
    case ValueType::array:
      return restore_array(value);
    case ValueType::string:
      if (!is_text(value)) return false;
      value.type = ValueType::string;
      return true;
    case ValueType::boolean:
    case ValueType::f32:
    case ValueType::f64:
      return value.type == type;
    default:
      break;
  }
  if (!value.is_integer()) return false;
  const bool is_signed =
      type == ValueType::i8 || type == ValueType::i16 || type == ValueType::i32 || type == ValueType::i64;
  if (!fits(value, packed_width(type) * 8, is_signed)) return false;
  value.type = type;
  return true;
}

std::optional<Metadata> read_metadata(const Value& value, bool& typed) {
  Metadata metadata;
  if (value.type == ValueType::map) {
    for (const auto& [key, item] : value.map()) {
      if (!is_text(key) || !is_text(item)) return std::nullopt;
      metadata.entries.emplace_back(key.text(), item);
      metadata.entries.back().second.type = ValueType::string;
    }
    typed = false;
    return metadata;
  }
  if (value.type != ValueType::array) return std::nullopt;
  typed = true;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& triple) {
    sound = triple.type == ValueType::array && triple.array().count == 3 && !triple.array().is_packed();
    if (!sound) return false;
    const auto& items = triple.array().items;
    Value restored = items[2];
    sound = is_text(items[0]) && items[1].is_unsigned() && restore_type(restored, items[1].bits);
    if (sound) metadata.entries.emplace_back(items[0].text(), std::move(restored));
    return sound;
  });
  if (!sound) return std::nullopt;
  return metadata;
}

std::optional<std::vector<std::uint64_t>> read_numbers(const Value& value) {
  if (value.type != ValueType::array) return std::nullopt;
  std::vector<std::uint64_t> numbers;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& element) {
    sound = element.is_unsigned();
    numbers.push_back(element.bits);
    return sound;
  });
  if (!sound) return std::nullopt;
  return numbers;
}

bool read_gaps(const Value& value, std::vector<std::pair<std::uint64_t, Bytes>>& gaps) {
  if (value.type != ValueType::array) return false;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& gap) {
    sound = gap.type == ValueType::array && gap.array().count == 2 && !gap.array().is_packed() &&
            gap.array().items[0].is_unsigned() && gap.array().items[1].type == ValueType::binary;
    if (sound) gaps.emplace_back(gap.array().items[0].bits, std::get<Bytes>(gap.array().items[1].data));
    return sound;
  });
  return sound;
}

/// A map of values of any type.
std::optional<Metadata> read_attributes(const Value& value) {
  if (value.type != ValueType::map) return std::nullopt;
  Metadata attributes;
  for (const auto& [key, item] : value.map()) {
    if (!is_text(key)) return std::nullopt;
    attributes.entries.emplace_back(key.text(), item);
  }
  return attributes;
}

bool read_part(const Value& value, Object& object) {
  if (value.type != ValueType::array) return false;
  std::vector<std::string> texts;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& text) {
    sound = is_text(text) && texts.size() < 2;
    if (sound) texts.emplace_back(text.text());
    return sound;
  });
  if (!sound || texts.empty()) return false;
  object.parts.push_back({texts.front(), 0, texts.size() == 2 ? texts.back() : std::string{}});
  return true;
}

std::optional<Object> read_object(const Value& value) {
  const Value* name = value.find("name");
  const Value* layout = value.find("layout");
  const Value* shape = value.find("shape");
  const Value* parts = value.find("parts");
  if (name == nullptr || layout == nullptr || shape == nullptr || parts == nullptr) return std::nullopt;
  if (!is_text(*name) || !is_text(*layout) || parts->type != ValueType::array) return std::nullopt;
  Object object;
  object.name = name->text();
  object.layout = layout->text();
  const auto dimensions = read_numbers(*shape);
  if (!dimensions) return std::nullopt;
  object.shape.assign(dimensions->begin(), dimensions->end());
  bool sound = true;
  for_each_element(parts->array(), [&](const Value& part) {
    sound = read_part(part, object);
    return sound;
  });
  if (const Value* kind = value.find("kind")) {
    const auto known = is_text(*kind) ? object_kind_named(kind->text()) : std::nullopt;
    object.kind = known.value_or(Object::Kind::other);
  }
  if (const Value* attributes = value.find("attributes")) {
    object.attributes = read_attributes(*attributes);
    sound = sound && object.attributes;
  }
  return sound ? std::optional(std::move(object)) : std::nullopt;
}

bool read_objects(const Value& value, std::vector<Object>& objects) {
  if (value.type != ValueType::array) return false;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& item) {
    auto object = read_object(item);
    sound = object.has_value();
    if (sound) objects.push_back(std::move(*object));
    return sound;
  });
  return sound;
}

bool read_tail(const Value& value, Source& source) {
  std::vector<std::pair<std::uint64_t, Bytes>> tail;
  if (!read_gaps(Value::list({value}), tail)) return false;
  source.tail = std::move(tail.front());
  return true;
}

std::optional<SourceFile> read_file(const Value& value, bool& typed) {
  if (value.type != ValueType::map) return std::nullopt;
  SourceFile file;
  const Value* path = value.find("path");
  const Value* order = value.find("order");
  if (path == nullptr || !is_text(*path) || order == nullptr) return std::nullopt;
  file.path = path->text();
  auto numbers = read_numbers(*order);
  if (!numbers) return std::nullopt;
  file.order = std::move(*numbers);
  if (const Value* metadata = value.find("metadata")) {
    file.metadata = read_metadata(*metadata, typed);
    if (!file.metadata) return std::nullopt;
  }
  if (const Value* head = value.find("head")) {
    if (head->type != ValueType::binary) return std::nullopt;
    file.head = std::get<Bytes>(head->data);
  }
  const Value* gaps = value.find("gaps");
  if (gaps != nullptr && !read_gaps(*gaps, file.gaps)) return std::nullopt;
  return file;
}

bool read_files(const Value& value, Source& source) {
  if (value.type != ValueType::array) return false;
  bool sound = true;
  for_each_element(value.array(), [&](const Value& item) {
    auto file = read_file(item, source.typed_metadata);
    sound = file.has_value();
    if (sound) source.files.push_back(std::move(*file));
    return sound;
  });
  return sound;
}

}  // namespace

std::optional<Source> source_from_value(const Value& value, std::string& problem) {
  if (value.type != ValueType::map) {
    problem = "\"source\" is not a map";
    return std::nullopt;
  }
  Source source;
  for (const auto& [key, item] : value.map()) {
    const std::string_view name = key.type == ValueType::string ? key.text() : std::string_view{};
    bool sound = true;
    if (name == "format") {
      sound = is_text(item);
      if (sound) source.format = item.text();
    } else if (name == "version" || name == "alignment") {
      sound = item.is_unsigned();
      (name == "version" ? source.version : source.alignment) = item.bits;
    } else if (name == "metadata") {
      source.metadata = read_metadata(item, source.typed_metadata);
      sound = source.metadata.has_value();
    } else if (name == "attributes") {
      source.valued_metadata = true;
      source.metadata = read_attributes(item);
      sound = source.metadata.has_value();
    } else if (name == "objects") {
      sound = read_objects(item, source.objects);
    } else if (name == "stored") {
      sound = read_gaps(item, source.stored);
    } else if (name == "tail") {
      sound = read_tail(item, source);
    } else if (name == "order") {
      source.order = read_numbers(item);
      sound = source.order.has_value();
    } else if (name == "head") {
      sound = item.type == ValueType::binary;
      if (sound) source.head = std::get<Bytes>(item.data);
    } else if (name == "gaps") {
      sound = read_gaps(item, source.gaps);
    } else if (name == "files") {
      sound = read_files(item, source);
    } else if (name == "index") {
      sound = item.type == ValueType::binary;
      if (sound) source.index = std::get<Bytes>(item.data);
    } else if (name == "index_path") {
      sound = is_text(item);
      if (sound) source.index_path = item.text();
    } else if (name == "named_by_path") {
      sound = item.type == ValueType::boolean;
      source.named_by_path = item.bits != 0;
    } else {
      source.other.emplace_back(key, item);
    }
    if (!sound) {
      problem = "\"source\": \"" + std::string(name) + "\" is malformed";
      return std::nullopt;
    }
  }
  return source;
}

}  // namespace aerotool::aero

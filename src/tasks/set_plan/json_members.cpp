#include "tasks/set_plan/json_members.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::tasks {

JsonMembers::JsonMembers(const Value& object, const std::string& path, std::string_view what)
    : object_(object), path_(path), what_(what) {
  if (object.type != ValueType::map)
    throw CorruptError({path, {}, {}}, std::string(what) + " is not a JSON object");
}

void JsonMembers::refuse(std::string_view key, std::string_view expected) const {
  throw CorruptError({path_, {}, {}}, "\"" + std::string(key) + "\" of " + std::string(what_) +
                                          " is missing or not " + std::string(expected));
}

std::string JsonMembers::text(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->type != ValueType::string) refuse(key, "a string");
  return std::string(value->text());
}

std::uint64_t JsonMembers::number(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || !value->is_integer() || !value->is_unsigned()) refuse(key, "a whole number");
  return value->bits;
}

bool JsonMembers::boolean(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->type != ValueType::boolean) refuse(key, "true or false");
  return value->bits != 0;
}

const Value& JsonMembers::array(std::string_view key) const {
  const Value* value = find(key);
  if (value == nullptr || value->type != ValueType::array) refuse(key, "an array");
  return *value;
}

std::vector<std::string> JsonMembers::texts(std::string_view key) const {
  return texts(array(key), key);
}

std::vector<std::string> JsonMembers::texts(const Value& array, std::string_view key) const {
  if (array.type != ValueType::array) refuse(key, "an array of strings");
  std::vector<std::string> texts;
  texts.reserve(array.array().count);
  for_each_element(array.array(), [&](const Value& item) {
    if (item.type != ValueType::string) refuse(key, "an array of strings");
    texts.emplace_back(item.text());
    return true;
  });
  return texts;
}

Digest JsonMembers::digest_of(std::string_view hex, std::string_view key) const {
  Digest digest{};
  if (!from_hex(hex, digest)) refuse(key, "made of 64 hexadecimal digits");
  return digest;
}

Digest JsonMembers::digest(std::string_view key) const {
  return digest_of(text(key), key);
}

std::vector<Digest> JsonMembers::digests(std::string_view key) const {
  std::vector<Digest> digests;
  for (const std::string& hex : texts(key)) digests.push_back(digest_of(hex, key));
  return digests;
}

void JsonMembers::for_each_object(std::string_view key,
                                  const std::function<void(const JsonMembers&)>& visit) const {
  for_each_element(array(key).array(), [&](const Value& item) {
    visit(JsonMembers(item, path_, key));
    return true;
  });
}

void JsonMembers::require_version(std::string_view key, std::uint64_t version) const {
  const std::uint64_t found = number(key);
  if (found == version) return;
  throw UnsupportedError({path_, {}, {}}, "\"" + std::string(key) + "\" is " + std::to_string(found) +
                                              "; this version reads " + std::to_string(version));
}

}  // namespace aerotool::tasks

#include "formats/ztensor/entry_reader.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace aerotool::ztensor {

EntryReader::EntryReader(ByteSpan manifest, cbor::Mode mode, std::uint64_t base, std::string path)
    : cbor_(manifest, mode), base_(base), path_(std::move(path)) {}

void EntryReader::refuse(Rule rule, std::string_view message) const {
  ztensor::refuse(rule, {path_, position(), {}}, message);
}

void EntryReader::map(std::string_view what, std::span<const Key> keys) {
  cbor_.begin_map();
  std::uint64_t seen = 0;
  while (cbor_.more()) {
    const auto name = cbor_.key();
    const auto key = name ? std::ranges::find(keys, *name, &Key::name) : keys.end();
    if (key == keys.end()) {
      cbor_.skip();
      continue;
    }
    const std::uint64_t bit = std::uint64_t{1} << (key - keys.begin());
    if ((seen & bit) != 0)
      refuse(Rule::cbor_duplicate_key,
             std::string(what) + " has the key '" + std::string(key->name) + "' twice");
    seen |= bit;
    key->read();
  }
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].required && (seen >> i & 1) == 0)
      refuse(Rule::schema, std::string(what) + " has no '" + std::string(keys[i].name) + "'");
  }
}

void EntryReader::names(std::string_view what, const std::function<void(std::string_view name)>& entry) {
  cbor_.begin_map();
  while (cbor_.more()) {
    const auto name = cbor_.key();
    if (!name) refuse(Rule::schema, std::string(what) + " has a key that is not text");
    if (!is_utf8(*name)) refuse(Rule::name, std::string(what) + " has a key that is not UTF-8");
    entry(*name);
  }
}

std::string_view EntryReader::text() {
  const std::string_view text = cbor_.text();
  if (!is_utf8(text)) refuse(Rule::cbor_syntax, "text that is not UTF-8");
  return text;
}

Shape EntryReader::shape() {
  Shape shape;
  cbor_.begin_array();
  while (cbor_.more()) {
    const std::uint64_t dimension = cbor_.unsigned_integer();
    if (shape.size() == kMaxRank)
      refuse(Rule::shape, "a shape of more than " + std::to_string(kMaxRank) + " dimensions");
    shape.push_back(dimension);
  }
  return shape;
}

Value EntryReader::attributes() {
  if (cbor_.type() != cbor::Type::map)
    refuse(Rule::schema, "attributes are " + std::string(cbor::name_of(cbor_.type())) + ", not a map");
  cbor_.value(builder_);
  const std::uint64_t held = builder_.memory();
  Value value = builder_.take();
  builder_.keep(held);
  for (const auto& [key, item] : value.map()) {
    if (key.type != ValueType::string) refuse(Rule::schema, "attributes have a key that is not text");
  }
  return value;
}

}  // namespace aerotool::ztensor

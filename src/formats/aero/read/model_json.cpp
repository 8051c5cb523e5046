#include "formats/aero/read/model_json.hpp"

#include <algorithm>
#include <array>

#include "codecs/small_types.hpp"
#include "core/text.hpp"
#include "encoding/json/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "formats/aero/read/metadata_chunk.hpp"

namespace aerotool::aero {
namespace {

// A document is parsed at one go, and one string or key of it can be nearly all of it: that is held several
// times.
constexpr std::uint64_t kMaxJson = std::uint64_t{32} << 20;
// As metadata() copies them.
constexpr std::uint64_t kMaxValues = std::uint64_t{64} << 20;

void append_json(std::string& out, const Value& value) {
  switch (value.type) {
    case ValueType::null:
      out += "null";
      return;
    case ValueType::boolean:
      out += value.bits != 0 ? "true" : "false";
      return;
    case ValueType::string:
    case ValueType::binary:
    case ValueType::extension:
      append_json_string(out, value.text());
      return;
    case ValueType::f32:
    case ValueType::f64:
      out += json_number(value.as_double());
      return;
    case ValueType::number:
      out += value.text();
      return;
    case ValueType::array: {
      out += '[';
      bool first = true;
      for_each_element(value.array(), [&](const Value& element) {
        if (!first) out += ',';
        first = false;
        append_json(out, element);
        return true;
      });
      out += ']';
      return;
    }
    case ValueType::map: {
      std::vector<const std::pair<Value, Value>*> items;
      for (const auto& item : value.map()) items.push_back(&item);
      std::sort(items.begin(), items.end(),
                [](const auto* a, const auto* b) { return a->first.text() < b->first.text(); });
      out += '{';
      for (std::size_t i = 0; i < items.size(); ++i) {
        if (i != 0) out += ',';
        append_json_string(out, items[i]->first.text());
        out += ':';
        append_json(out, items[i]->second);
      }
      out += '}';
      return;
    }
    default:
      out += value.is_unsigned() ? std::to_string(value.bits)
                                 : std::to_string(static_cast<std::int64_t>(value.bits));
  }
}

Value key_of(std::string_view text) {
  return Value::string(std::string(text));
}

}  // namespace

Value read_model_json(const io::Input& input, const Chunk& chunk, std::uint64_t& memory, Report& report) {
  const Where where{input.name(), chunk.offset, {}};
  Bytes bytes;
  if (chunk.uncompressed_length > kMaxJson) {
    throw UnsupportedError(where, label(chunk) + " is JSON of " + human_size(chunk.uncompressed_length) +
                                      "; at most " + human_size(kMaxJson) + " are read");
  }
  if (!chunk.compressed()) {
    bytes = input.view(chunk.offset, chunk.length);
    if (!check_digest(input, chunk, hash::blake3(bytes.view), report)) return {};
  } else {
    std::vector<std::byte> unpacked(chunk.uncompressed_length);
    ChunkStream stream(input, chunk);
    try {
      std::array<std::byte, 1> after{};
      for (std::size_t done = 0; done < unpacked.size();) {
        const std::size_t got = stream.read(std::span(unpacked).subspan(done));
        if (got == 0) break;
        done += got;
      }
      static_cast<void>(stream.read(after));
    } catch (const io::ZstdProblem& problem) {
      report.unreadable(Code::metadata, where, label(chunk) + " cannot be decompressed: " + problem.what());
      return {};
    }
    if (!check_digest(input, chunk, stream.digest(), report)) return {};
    bytes = Bytes::own(std::move(unpacked));
  }
  Value json;
  if (const auto problem = read_json(bytes.text(), std::min(memory, kMaxValues), json)) {
    report.unreadable(Code::metadata, where,
                      label(chunk) + " at byte " + std::to_string(problem->offset) + ": " + problem->message);
    return {};
  }
  memory -= std::min(memory, memory_of(json));
  if (json.type != ValueType::map) {
    report.unreadable(Code::metadata, where, label(chunk) + " is not a JSON object");
    return {};
  }
  for (const std::string_view key : {"model_name", "architecture", "source_format"}) {
    const Value* member = json.find(key);
    if (member != nullptr && member->type != ValueType::string)
      report.fault(Code::metadata, where, label(chunk) + ": \"" + std::string(key) + "\" is not text");
  }
  const Value* descriptors = json.find("quant_descriptors");
  if (descriptors != nullptr && descriptors->type != ValueType::array)
    report.fault(Code::metadata, where, label(chunk) + ": \"quant_descriptors\" is not an array");
  return json;
}

std::string text_member(const Value& json, std::string_view key) {
  const Value* value = json.find(key);
  return value != nullptr && value->type == ValueType::string ? std::string(value->text()) : std::string{};
}

std::string render_json(const Value& value) {
  std::string out;
  append_json(out, value);
  return out;
}

Value model_json(const std::string& name, const std::string& architecture, const std::string& source_format,
                 const std::vector<const PackedType*>& packed_types, const MapItems& others) {
  MapItems members = {{key_of("architecture"), Value::string(architecture)},
                      {key_of("model_name"), Value::string(name)}};
  if (!source_format.empty()) members.emplace_back(key_of("source_format"), Value::string(source_format));
  if (!packed_types.empty()) {
    std::vector<Value> descriptors;
    for (std::size_t id = 0; id < packed_types.size(); ++id) {
      const PackedType& type = *packed_types[id];
      Value params = type.params;
      if (type.number) {
        params = Value::map({{key_of("ggml_type"), Value::u64(*type.number)}});
      } else if (type.codec == small_types::kCodec) {
        params = Value::map({{key_of("dtype"), Value::string(type.name)}});
      }
      descriptors.push_back(Value::map({{key_of("codec"), Value::string(type.codec)},
                                        {key_of("id"), Value::u64(id)},
                                        {key_of("params"), std::move(params)},
                                        {key_of("quant_name"), Value::string(type.name)}}));
    }
    members.emplace_back(key_of("quant_descriptors"), Value::list(std::move(descriptors)));
  }
  for (const auto& other : others) {
    const bool known = std::any_of(members.begin(), members.end(), [&](const auto& member) {
      return member.first.text() == other.first.text();
    });
    if (!known) members.push_back(other);
  }
  return Value::map(std::move(members));
}

}  // namespace aerotool::aero

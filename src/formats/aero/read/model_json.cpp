#include "formats/aero/read/model_json.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"
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

}  // namespace aerotool::aero

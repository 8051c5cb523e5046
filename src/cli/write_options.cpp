#include "cli/write_options.hpp"

#include <algorithm>
#include <random>

#include "cli/numbers.hpp"
#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::cli {
namespace {

constexpr std::uint64_t kMaxAlign = std::uint64_t{2} << 20;
constexpr std::uint64_t kLeastPage = 1024;
constexpr std::uint64_t kMaxPage = std::uint64_t{1} << 30;

using Uuid = std::array<std::byte, 16>;

Uuid random_uuid() {
  std::random_device random;
  Uuid uuid{};
  std::generate(uuid.begin(), uuid.end(), [&] { return static_cast<std::byte>(random() & 0xff); });
  // RFC 9562: version 4 (random), variant 10.
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x40};
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid;
}

Uuid parse_uuid(std::string text) {
  if (text == "random") return random_uuid();
  const std::string given = text;
  std::erase(text, '-');
  Uuid uuid{};
  if (!from_hex(text, uuid))
    throw UsageError("--uuid takes 32 hexadecimal digits or 'random', not '" + given + "'");
  return uuid;
}

}  // namespace

std::string checked_text(const Arguments& arguments, const std::string& option) {
  std::string text = arguments.get(option);
  if (!is_utf8(text)) throw UsageError("--" + option + " takes UTF-8 text");
  return text;
}

std::vector<Option> write_options() {
  using enum Option::Argument;
  return {{"max-shard-bytes",
           0,
           required,
           "SIZE",
           "begin a new shard or file before one passes this size (default: 2GiB; safetensors: 5GB)",
           {}},
          {"align",
           0,
           required,
           "BYTES",
           "align each tensor to this power of two, 1 to 2MiB (default: 16; GGUF: as the source)",
           {}},
          {"tensor-hash", 0, none, "", "store a BLAKE3 of every tensor", {}},
          {"page-hash",
           0,
           optional,
           "BYTES",
           "store a BLAKE3 of every page of the shards (default: 4MiB)",
           {},
           "4MiB"},
          {"control-hash", 0, none, "", "store a BLAKE3 of header, TOC and string table", {}},
          {"uuid",
           0,
           required,
           "UUID",
           "32 hexadecimal digits, or random (default: derived from the content)",
           {}},
          {"name", 0, required, "NAME", "call the model this", {}},
          {"architecture", 0, required, "NAME", "give the model this architecture", {}},
          {"force", 'f', none, "", "replace another model in the output directory", {}},
          {"include", 0, required, "PATTERN", "only tensors that match; may be given several times", {}},
          {"exclude", 0, required, "PATTERN", "no tensors that match; may be given several times", {}},
          {"no-side-files", 0, none, "", "leave out what lies beside the weights (config.json, ...)", {}}};
}

std::vector<Option> set_options() {
  using enum Option::Argument;
  return {
      {"max-part-shards", 0, required, "N", "at most this many shards in a part of a set (default: 4)", {}},
      {"base-url", 0, required, "URL", "record in a set's index where its parts are published", {}},
      {"rebuild", 0, none, "", "build every file of a set anew, also those that are complete already", {}}};
}

WriteOptions write_options_of(const Arguments& arguments) {
  WriteOptions options;
  options.jobs = jobs(arguments);
  if (arguments.has("max-shard-bytes")) {
    options.max_shard_bytes = parse_size(arguments.get("max-shard-bytes"), "--max-shard-bytes");
    if (*options.max_shard_bytes == 0) throw UsageError("--max-shard-bytes takes at least 1");
  }
  if (arguments.has("align")) {
    options.align = parse_size(arguments.get("align"), "--align");
    if (!is_power_of_two(*options.align) || *options.align > kMaxAlign) {
      throw UsageError("--align takes a power of two from 1 to 2MiB, not '" + arguments.get("align") + "'");
    }
  }
  options.tensor_hash = arguments.has("tensor-hash");
  options.control_hash = arguments.has("control-hash");
  if (arguments.has("page-hash")) {
    const std::string text = arguments.get("page-hash");
    options.page_hash = parse_size(text, "--page-hash");
    if (*options.page_hash < kLeastPage || *options.page_hash > kMaxPage) {
      throw UsageError("--page-hash takes a size from 1KiB to 1GiB, not '" + text + "'");
    }
  }
  if (arguments.has("max-part-shards")) {
    options.max_part_shards = parse_count(arguments.get("max-part-shards"), "--max-part-shards");
    if (*options.max_part_shards == 0) throw UsageError("--max-part-shards takes at least 1");
  }
  if (arguments.has("base-url")) {
    options.base_url = checked_text(arguments, "base-url");
    if (options.base_url->empty()) throw UsageError("--base-url takes a URL");
  }
  options.rebuild = arguments.has("rebuild");
  if (arguments.has("uuid")) options.uuid = parse_uuid(arguments.get("uuid"));
  return options;
}

}  // namespace aerotool::cli

#include "cli/conversion.hpp"

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

std::uint64_t parse_shard_bytes(const std::string& text) {
  const std::uint64_t bytes = parse_size(text, "--max-shard-bytes");
  if (bytes == 0) throw UsageError("--max-shard-bytes takes at least 1");
  return bytes;
}

std::uint64_t parse_align(const std::string& text) {
  const std::uint64_t align = parse_size(text, "--align");
  if (!is_power_of_two(align) || align > kMaxAlign)
    throw UsageError("--align takes a power of two from 1 to 2MiB, not '" + text + "'");
  return align;
}

std::uint64_t parse_page(const std::string& text) {
  const std::uint64_t page = parse_size(text, "--page-hash");
  if (page < kLeastPage || page > kMaxPage)
    throw UsageError("--page-hash takes a size from 1KiB to 1GiB, not '" + text + "'");
  return page;
}

std::uint64_t parse_part_shards(const std::string& text) {
  const std::uint64_t shards = parse_count(text, "--max-part-shards");
  if (shards == 0) throw UsageError("--max-part-shards takes at least 1");
  return shards;
}

/// Takes text that is UTF-8.
auto checked(const std::string& option) {
  return [option](const std::string& text) {
    if (!is_utf8(text)) throw UsageError(option + " takes UTF-8 text");
    return text;
  };
}

std::string parse_base_url(const std::string& text) {
  std::string url = checked("--base-url")(text);
  if (url.empty()) throw UsageError("--base-url takes a URL");
  return url;
}

/// Sets a part of what the writer is told.
template <typename Set>
auto of_write(Set set) {
  return [set](ConversionOptions& options, const Values& values) { set(options.write, values); };
}

}  // namespace

Setting<ConversionOptions> dry_run_setting() {
  return {{"dry-run", 'n', Option::Argument::none, "", "print what would be written, and write nothing", {}},
          sets(&ConversionOptions::dry_run)};
}

Settings<ConversionOptions> write_settings() {
  using enum Option::Argument;
  return {{{"max-shard-bytes",
            0,
            required,
            "SIZE",
            "begin a new shard or file before one passes this size (default: 2GiB; safetensors: 5GB)",
            {}},
           of_write(sets(&WriteOptions::max_shard_bytes, parse_shard_bytes))},
          {{"align",
            0,
            required,
            "BYTES",
            "align each tensor to this power of two, 1 to 2MiB (default: 16; GGUF: as the source)",
            {}},
           of_write(sets(&WriteOptions::align, parse_align))},
          {{"tensor-hash", 0, none, "", "store a BLAKE3 of every tensor", {}},
           of_write(sets(&WriteOptions::tensor_hash))},
          {{"page-hash",
            0,
            optional,
            "BYTES",
            "store a BLAKE3 of every page of the shards (default: 4MiB)",
            {},
            "4MiB"},
           of_write(sets(&WriteOptions::page_hash, parse_page))},
          {{"control-hash", 0, none, "", "store a BLAKE3 of header, TOC and string table", {}},
           of_write(sets(&WriteOptions::control_hash))},
          {{"uuid",
            0,
            required,
            "UUID",
            "32 hexadecimal digits, or random (default: derived from the content)",
            {}},
           of_write(sets(&WriteOptions::uuid, parse_uuid))},
          {{"name", 0, required, "NAME", "call the model this", {}},
           sets(&ConversionOptions::name, checked("--name"))},
          {{"architecture", 0, required, "NAME", "give the model this architecture", {}},
           sets(&ConversionOptions::architecture, checked("--architecture"))},
          {{"force", 'f', none, "", "replace another model in the output directory", {}},
           sets(&ConversionOptions::force)},
          {{"include", 0, required, "PATTERN", "only tensors that match; may be given several times", {}},
           sets(&ConversionOptions::include)},
          {{"exclude", 0, required, "PATTERN", "no tensors that match; may be given several times", {}},
           sets(&ConversionOptions::exclude)},
          {{"no-side-files", 0, none, "", "leave out what lies beside the weights (config.json, ...)", {}},
           sets(&ConversionOptions::side_files, false)}};
}

Settings<ConversionOptions> set_settings() {
  using enum Option::Argument;
  return {
      {{"max-part-shards", 0, required, "N", "at most this many shards in a part of a set (default: 4)", {}},
       of_write(sets(&WriteOptions::max_part_shards, parse_part_shards))},
      {{"base-url", 0, required, "URL", "record in a set's index where its parts are published", {}},
       of_write(sets(&WriteOptions::base_url, parse_base_url))},
      {{"rebuild", 0, none, "", "build every file of a set anew, also those that are complete already", {}},
       of_write(sets(&WriteOptions::rebuild))}};
}

}  // namespace aerotool::cli

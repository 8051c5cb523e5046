#include "formats/aero/write/options.hpp"

#include <algorithm>
#include <random>

#include "core/error.hpp"
#include "core/numbers.hpp"
#include "core/text.hpp"

namespace aerotool::aero {
namespace {

constexpr std::uint64_t kLeastPage = 1024;
constexpr std::uint64_t kMaxPage = std::uint64_t{1} << 30;

Uuid random_uuid() {
  std::random_device random;
  Uuid uuid{};
  std::generate(uuid.begin(), uuid.end(), [&] { return static_cast<std::byte>(random() & 0xff); });
  // RFC 9562: version 4 (random), variant 10.
  uuid[6] = (uuid[6] & std::byte{0x0f}) | std::byte{0x40};
  uuid[8] = (uuid[8] & std::byte{0x3f}) | std::byte{0x80};
  return uuid;
}

Uuid parse_uuid(const std::string& text) {
  if (text == "random") return random_uuid();
  std::string digits = text;
  std::erase(digits, '-');
  Uuid uuid{};
  if (!from_hex(digits, uuid))
    throw UsageError("--uuid takes 32 hexadecimal digits or 'random', not '" + text + "'");
  return uuid;
}

std::uint64_t parse_page(const std::string& text) {
  const std::uint64_t page = parse_size(text, "--page-hash");
  if (page < kLeastPage || page > kMaxPage)
    throw UsageError("--page-hash takes a size from 1KiB to 1GiB, not '" + text + "'");
  return page;
}

}  // namespace

bool hashes_tensors(const WriteOptions& options) {
  const auto asked = options.get(write::tensor_hash());
  if (!asked || asked->none) return false;
  const auto algorithm = asked->algorithm.value_or(hash::Algorithm::blake3);
  if (algorithm != hash::Algorithm::blake3)
    throw UsageError("--tensor-hash: AERO has BLAKE3 of tensors, not " +
                     std::string(hash::name_of(algorithm)));
  return true;
}

const WriteOption<std::uint64_t>& page_hash() {
  static const auto option =
      write_option<parse_page>({"page-hash",
                                0,
                                Option::Argument::optional,
                                "BYTES",
                                "store a BLAKE3 of every page of the shards (default: 4MiB)",
                                {},
                                "4MiB"});
  return option;
}

const WriteOption<bool>& control_hash() {
  static const auto option = write_switch(
      {"control-hash", 0, Option::Argument::none, "", "store a BLAKE3 of header, TOC and string table", {}});
  return option;
}

const WriteOption<Uuid>& uuid() {
  static const auto option =
      write_option<parse_uuid>({"uuid",
                                0,
                                Option::Argument::required,
                                "UUID",
                                "32 hexadecimal digits, or random (default: derived from the content)",
                                {}});
  return option;
}

WriteOptionList write_options() {
  return {&write::max_shard_bytes(), &write::align(), &write::tensor_hash(), &page_hash(),
          &control_hash(),           &uuid()};
}

}  // namespace aerotool::aero

#include "formats/ztensor/write/options.hpp"

#include "core/error.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {

namespace {

std::uint64_t alignment_of(const WriteOptions& options) {
  const std::uint64_t align = options.get(write::align()).value_or(kCanonicalAlignment);
  if (align < kAlignment2) {
    throw UsageError("--align takes at least " + std::to_string(kAlignment2) + " for zTensor, not " +
                     std::to_string(align));
  }
  return align;
}

hash::Algorithm require_one_of(hash::Algorithm asked, hash::Algorithm one, std::string_view version) {
  if (asked == one || asked == hash::Algorithm::sha256) return asked;
  throw UsageError("--tensor-hash: zTensor " + std::string(version) + " has " +
                   std::string(hash::name_of(one)) + " and sha256 of tensors, not " +
                   std::string(hash::name_of(asked)));
}

std::optional<hash::Algorithm> digest_of_2(const WriteOptions& options) {
  const auto asked = options.get(write::tensor_hash()).value_or(write::TensorHash{});
  if (asked.none) return std::nullopt;
  return require_one_of(asked.algorithm.value_or(hash::Algorithm::xxh3), hash::Algorithm::xxh3, "2");
}

}  // namespace

std::optional<hash::Algorithm> digest_of_1(const WriteOptions& options) {
  const auto asked = options.get(write::tensor_hash());
  if (!asked || asked->none) return std::nullopt;
  return require_one_of(asked->algorithm.value_or(hash::Algorithm::crc32c), hash::Algorithm::crc32c, "1.2");
}

int level_of(const WriteOptions& options) {
  return options.get(write::compress()).value_or(0);
}

Settings settings_of(const WriteOptions& options) {
  return {.alignment = alignment_of(options), .digest = digest_of_2(options), .level = level_of(options)};
}

}  // namespace aerotool::ztensor

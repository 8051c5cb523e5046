#include "formats/ztensor/container.hpp"

#include <string>

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/ztensor/rules.hpp"
#include "hash/xxh3.hpp"

namespace aerotool::ztensor {
namespace {

constexpr std::uint64_t kSizeField = 8;
constexpr std::uint32_t kFooterVersion = 2;

Where at(const io::Input& input, std::uint64_t offset) {
  return {input.name(), offset, {}};
}

std::uint64_t number_at(const io::Input& input, std::uint64_t offset) {
  return load_le<std::uint64_t>(input.view(offset, kSizeField).view);
}

/// Versions 0.1 and 1: the index ends where its size stands.
Container index_before(const io::Input& input, Version version, std::uint64_t size_at) {
  if (size_at < kMagicSize)
    refuse(Rule::file_too_small, at(input, input.size()), "the file ends before the size of its index");
  const std::uint64_t length = number_at(input, size_at);
  if (length > kMaxManifest && length <= size_at - kMagicSize) {
    refuse(Rule::manifest_too_large, at(input, size_at),
           "an index of " + std::to_string(length) + " bytes; at most " + human_size(kMaxManifest) +
               " are read");
  }
  if (length > size_at - kMagicSize) {
    refuse(Rule::manifest_bounds, at(input, size_at),
           "an index of " + std::to_string(length) + " bytes, but only " +
               std::to_string(size_at - kMagicSize) + " lie before its size");
  }
  // A file without tensors has no index; what was cut off inside of padding looks alike.
  if (length == 0 && size_at > kMagicSize)
    refuse(Rule::manifest_bounds, at(input, size_at), "an index of 0 bytes behind other bytes");
  const std::uint64_t offset = size_at - length;
  return {.version = version, .manifest_offset = offset, .manifest_length = length, .blobs_end = offset};
}

Container container_of_1(const io::Input& input) {
  const std::uint64_t size = input.size();
  if (size < kMagicSize + kSizeField)
    refuse(Rule::file_too_small, at(input, size), "the file ends before the size of its index");
  const Bytes last = input.view(size - kMagicSize, kMagicSize);
  if (last.text() == kMagic1 && size >= 2 * kMagicSize + kSizeField)
    return index_before(input, Version::v1_1, size - kMagicSize - kSizeField);
  // What is no size is a magic that was damaged, or an end that is missing.
  if (load_le<std::uint64_t>(last.view) > size - kMagicSize - kSizeField) {
    refuse(Rule::footer_magic, at(input, size - kMagicSize),
           "the file ends neither with " + std::string(kMagic1) + " nor with the size of an index");
  }
  return index_before(input, Version::v1_0, size - kSizeField);
}

Container container_of_2(const io::Input& input, Report& report) {
  const std::uint64_t size = input.size();
  if (size < kMagicSize + kFooterSize) {
    refuse(Rule::file_too_small, at(input, size),
           "the file has " + std::to_string(size) + " bytes; the smallest has " +
               std::to_string(kMagicSize + kFooterSize));
  }
  const std::uint64_t footer = size - kFooterSize;
  const Bytes bytes = input.view(footer, kFooterSize);
  if (bytes.text().substr(32) != kMagic2)
    refuse(Rule::footer_magic, at(input, footer + 32),
           "the file does not end with the magic of a footer: it is cut off, or bytes follow");
  const auto version = load_le<std::uint32_t>(bytes.view, 24);
  if (version != kFooterVersion) {
    throw UnsupportedError(at(input, footer + 24),
                           said(Rule::version, "version " + std::to_string(version) + "; only 2 is known"));
  }
  const auto offset = load_le<std::uint64_t>(bytes.view, 0);
  const auto length = load_le<std::uint64_t>(bytes.view, 8);
  const auto hash = load_le<std::uint64_t>(bytes.view, 16);
  if (load_le<std::uint32_t>(bytes.view, 28) != 0)
    report.warning(Code::reserved, at(input, footer + 28), "a reserved field of the footer is not 0");
  const Container container = {
      .version = Version::v2, .manifest_offset = offset, .manifest_length = length, .blobs_end = footer};
  if (length == 0) {
    if (offset == 0 && hash == 0) return container;
    refuse(Rule::manifest_bounds, at(input, footer), "an index of 0 bytes that has a place or a hash");
  }
  if (length > kMaxManifest) {
    refuse(Rule::manifest_too_large, at(input, footer + 8),
           "an index of " + std::to_string(length) + " bytes; at most " + human_size(kMaxManifest) +
               " are read");
  }
  if (offset < kMagicSize || !range_fits(offset, length, footer)) {
    refuse(Rule::manifest_bounds, at(input, footer),
           "an index of " + std::to_string(length) + " bytes at " + std::to_string(offset) +
               " does not lie before the footer at " + std::to_string(footer));
  }
  if (offset % kAlignment2 != 0) {
    refuse(Rule::blob_alignment, at(input, footer),
           "the index is at " + std::to_string(offset) + ", which is not a multiple of " +
               std::to_string(kAlignment2));
  }
  if (hash::xxh3(input.view(offset, length).view) != hash)
    refuse(Rule::manifest_hash, at(input, footer + 16),
           "the index does not have the hash that the footer says");
  return container;
}

}  // namespace

Container read_container(const io::Input& input, Report& report) {
  if (input.size() < kMagicSize) {
    foreign::refuse(input, "zTensor");
    refuse(Rule::file_too_small, at(input, input.size()), "the file ends inside its magic");
  }
  const Bytes first = input.view(0, kMagicSize);
  if (first.text() == kMagic2) return container_of_2(input, report);
  if (first.text() == kMagic1) return container_of_1(input);
  if (first.text() == kMagic01) return index_before(input, Version::v0_1, input.size() - kSizeField);
  foreign::refuse(input, "zTensor");
  refuse(Rule::header_magic, at(input, 0), "the file does not begin with the magic of zTensor");
}

}  // namespace aerotool::ztensor

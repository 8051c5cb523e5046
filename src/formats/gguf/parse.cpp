#include "formats/gguf/parse.hpp"

#include <string>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/gguf/layout.hpp"
#include "formats/gguf/parse_tensors.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::string_view kHeader = "the file header";

void check_magic(Cursor& cursor) {
  const std::uint64_t begin = cursor.position();
  const Bytes magic = cursor.take(kMagic.size(), kHeader);
  if (magic.text() != kMagic) {
    throw CorruptError(cursor.at(begin), "not a GGUF file: it begins with '" + escape_controls(magic.text()) +
                                             "', not with '" + std::string(kMagic) + "'");
  }
}

std::uint32_t read_version(Cursor& cursor) {
  const std::uint64_t begin = cursor.position();
  const std::uint32_t version = cursor.u32(kHeader);
  if (version == 2 || version == 3) return version;
  // A version is a small number: with its low half empty it is one whose bytes stand the other way round.
  if (version != 0 && (version & 0xffff) == 0) {
    throw UnsupportedError(cursor.at(begin), "a big-endian GGUF file; only little-endian ones are read");
  }
  throw UnsupportedError(cursor.at(begin),
                         "GGUF version " + std::to_string(version) + "; versions 2 and 3 are read");
}

std::uint64_t alignment_of(const Metadata& metadata, const std::string& path) {
  const Value* value = metadata.find(kAlignmentKey);
  if (value == nullptr) return kDefaultAlignment;
  if (value->type != ValueType::u32) {
    throw CorruptError({path, {}, {}}, std::string(kAlignmentKey) + " is of type " +
                                           std::string(name_of(value->type)) + ", not u32");
  }
  if (!is_power_of_two(value->bits)) {
    throw CorruptError({path, {}, {}}, std::string(kAlignmentKey) + " is " + std::to_string(value->bits) +
                                           ", which is not a power of two");
  }
  return value->bits;
}

}  // namespace

ParsedHead parse_head(Cursor& cursor, Report& report) {
  ParsedHead head;
  check_magic(cursor);
  head.version = read_version(cursor);
  head.tensor_count = cursor.count(kLeastInfoBytes, "the number of tensors");
  const std::uint64_t pair_count = cursor.count(kLeastPairBytes, "the number of metadata pairs");
  head.pairs_begin = cursor.position();
  head.pairs = read_key_values(cursor, pair_count, report);
  head.alignment = alignment_of(head.pairs.metadata, cursor.path());
  head.infos_begin = cursor.position();
  head.tensors = read_tensor_infos(cursor, head.tensor_count, head.alignment, head.others, report);
  head.infos_end = cursor.position();
  head.data_begin = align_up(head.infos_end, head.alignment);
  return head;
}

}  // namespace aerotool::gguf

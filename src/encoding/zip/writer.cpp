#include "encoding/zip/writer.hpp"

#include <algorithm>

#include "encoding/zip/records.hpp"

namespace aerotool::zip {
namespace {

constexpr std::uint64_t kFirstDay = 0x21;  // 1980-01-01, as zip counts days

constexpr unsigned kVersion = 20, kVersion64 = 45;
constexpr unsigned kUtf8 = 1U << 11;

// Of Apache Commons Compress, section 4.6.11: the alignment, and padding behind it.
constexpr std::uint64_t kAlignmentField = 0xd935;
constexpr std::uint64_t kLeastAlignmentField = 6;

void put(std::string& text, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
}

bool is_large(std::uint64_t number) {
  return number >= kElsewhere;
}

std::uint64_t in_32_bits(std::uint64_t number) {
  return std::min<std::uint64_t>(number, kElsewhere);
}

bool is_ascii(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The fields that a member's header and its entry in the directory share, up to the length of its name.
void put_shared(std::string& text, const Member& member, unsigned version) {
  put(text, version, 2);
  put(text, is_ascii(member.name) ? 0 : kUtf8, 2);
  put(text, kStored, 2);
  put(text, 0, 2);  // time
  put(text, kFirstDay, 2);
  put(text, member.crc, 4);
  put(text, in_32_bits(member.size), 4);
  put(text, in_32_bits(member.size), 4);
  put(text, member.name.size(), 2);
}

/// The field of numbers that need 64 bits; empty where none does.
std::string numbers_of_64_bits(std::span<const std::uint64_t> numbers) {
  std::string text;
  if (numbers.empty()) return text;
  put(text, kNumbersOf64Bits, 2);
  put(text, numbers.size() * 8, 2);
  for (const std::uint64_t number : numbers) put(text, number, 8);
  return text;
}

/// A field that moves what follows it, which would begin at `begin`, to a multiple of the alignment.
std::string alignment_field(std::uint64_t begin, std::uint64_t alignment) {
  std::string text;
  std::uint64_t length = (alignment - begin % alignment) % alignment;
  if (length == 0) return text;
  while (length < kLeastAlignmentField) length += alignment;
  put(text, kAlignmentField, 2);
  put(text, length - 4, 2);
  put(text, alignment, 2);
  text.resize(length, '\0');
  return text;
}

std::string end_64(std::uint64_t members, std::uint64_t size, std::uint64_t offset) {
  constexpr std::uint64_t kBehindLength = 44;
  std::string text(kEnd64);
  put(text, kBehindLength, 8);
  put(text, kVersion64, 2);
  put(text, kVersion64, 2);
  put(text, 0, 4);  // disk
  put(text, 0, 4);  // likewise
  put(text, members, 8);
  put(text, members, 8);
  put(text, size, 8);
  put(text, offset, 8);
  text += kLocator64;
  put(text, 0, 4);  // disk
  put(text, offset + size, 8);
  put(text, 1, 4);  // disks
  return text;
}

}  // namespace

std::string local_header(const Member& member) {
  const std::uint64_t sizes[] = {member.size, member.size};
  std::string more = is_large(member.size) ? numbers_of_64_bits(sizes) : numbers_of_64_bits({});
  std::string text(kLocalHeader);
  put_shared(text, member, more.empty() ? kVersion : kVersion64);
  more += alignment_field(member.offset + kLocalBytes + member.name.size() + more.size(), member.alignment);
  put(text, more.size(), 2);
  return text + member.name + more;
}

std::string directory_entry(const Member& member) {
  std::uint64_t numbers[3];
  std::size_t count = 0;
  if (is_large(member.size)) numbers[count++] = member.size;
  if (is_large(member.size)) numbers[count++] = member.size;
  if (is_large(member.offset)) numbers[count++] = member.offset;
  const std::string more = numbers_of_64_bits(std::span(numbers).first(count));
  const unsigned version = count == 0 ? kVersion : kVersion64;
  std::string text(kDirectoryHeader);
  put(text, version, 2);  // of who made it, on a system that says nothing of permissions
  put_shared(text, member, version);
  put(text, more.size(), 2);
  put(text, 0, 2);  // length of a comment
  put(text, 0, 2);  // disk
  put(text, 0, 2);  // attributes
  put(text, 0, 4);  // likewise
  put(text, in_32_bits(member.offset), 4);
  return text + member.name + more;
}

std::string directory_end(std::uint64_t members, std::uint64_t size, std::uint64_t offset) {
  std::string text;
  if (is_large(offset) || is_large(size) || members >= kElsewhere16) text += end_64(members, size, offset);
  text += kEnd;
  put(text, 0, 2);  // disk
  put(text, 0, 2);  // likewise
  put(text, std::min<std::uint64_t>(members, kElsewhere16), 2);
  put(text, std::min<std::uint64_t>(members, kElsewhere16), 2);
  put(text, in_32_bits(size), 4);
  put(text, in_32_bits(offset), 4);
  put(text, 0, 2);  // length of a comment
  return text;
}

std::string directory(std::span<const Member> members, std::uint64_t offset) {
  std::string text;
  for (const Member& member : members) text += directory_entry(member);
  return text + directory_end(members.size(), text.size(), offset);
}

}  // namespace aerotool::zip

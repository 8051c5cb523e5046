#include "formats/npy/zip.hpp"

#include <algorithm>

#include "encoding/zip.hpp"

namespace aerotool::npy {
namespace {

// What a number of 32 bits says where the true one is in a field of 64 bits elsewhere.
constexpr std::uint64_t kElsewhere = 0xffffffff;
constexpr std::uint64_t kFirstDay =
    0x21;  // 1980-01-01, as zip counts days, so that equal content is equal bytes

constexpr unsigned kVersion = 20, kVersion64 = 45;

void put(std::string& text, std::uint64_t number, unsigned bytes) {
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
}

bool is_large(std::uint64_t number) {
  return number >= kElsewhere;
}

/// The fields that a member's header and its entry in the directory share, up to the length of its name.
void put_shared(std::string& text, const ZipMember& member, unsigned version) {
  put(text, version, 2);
  put(text, 0, 2);  // flags
  put(text, 0, 2);  // stored as it is
  put(text, 0, 2);  // time
  put(text, kFirstDay, 2);
  put(text, member.crc, 4);
  put(text, std::min(member.size, kElsewhere), 4);
  put(text, std::min(member.size, kElsewhere), 4);
  put(text, member.name.size(), 2);
}

/// The field of numbers that need 64 bits (APPNOTE.TXT, section 4.5.3); empty where none does.
std::string numbers_of_64_bits(std::span<const std::uint64_t> numbers) {
  std::string text;
  if (numbers.empty()) return text;
  put(text, 1, 2);
  put(text, numbers.size() * 8, 2);
  for (const std::uint64_t number : numbers) put(text, number, 8);
  return text;
}

std::string directory_entry(const ZipMember& member) {
  std::uint64_t numbers[3];
  std::size_t count = 0;
  if (is_large(member.size)) numbers[count++] = member.size;
  if (is_large(member.size)) numbers[count++] = member.size;
  if (is_large(member.offset)) numbers[count++] = member.offset;
  const std::string more = numbers_of_64_bits(std::span(numbers).first(count));
  const unsigned version = count == 0 ? kVersion : kVersion64;
  std::string text(zip::kDirectoryHeader);
  put(text, version, 2);  // of who made it, on a system that says nothing of permissions
  put_shared(text, member, version);
  put(text, more.size(), 2);
  put(text, 0, 2);  // length of a comment
  put(text, 0, 2);  // disk
  put(text, 0, 2);  // attributes
  put(text, 0, 4);  // likewise
  put(text, std::min(member.offset, kElsewhere), 4);
  return text + member.name + more;
}

std::string end_64(std::uint64_t members, std::uint64_t size, std::uint64_t offset) {
  constexpr std::uint64_t kBehindLength = 44;
  std::string text(zip::kEnd64);
  put(text, kBehindLength, 8);
  put(text, kVersion64, 2);
  put(text, kVersion64, 2);
  put(text, 0, 4);  // disk
  put(text, 0, 4);  // likewise
  put(text, members, 8);
  put(text, members, 8);
  put(text, size, 8);
  put(text, offset, 8);
  text += zip::kLocator64;
  put(text, 0, 4);  // disk
  put(text, offset + size, 8);
  put(text, 1, 4);  // disks
  return text;
}

}  // namespace

std::string zip_header(const ZipMember& member) {
  const std::uint64_t sizes[] = {member.size, member.size};
  const std::string more = is_large(member.size) ? numbers_of_64_bits(sizes) : numbers_of_64_bits({});
  std::string text(zip::kLocalHeader);
  put_shared(text, member, more.empty() ? kVersion : kVersion64);
  put(text, more.size(), 2);
  return text + member.name + more;
}

std::string zip_directory(std::span<const ZipMember> members, std::uint64_t offset) {
  std::string text;
  for (const ZipMember& member : members) text += directory_entry(member);
  const std::uint64_t size = text.size();
  if (is_large(offset)) text += end_64(members.size(), size, offset);
  text += zip::kEnd;
  put(text, 0, 2);  // disk
  put(text, 0, 2);  // likewise
  put(text, members.size(), 2);
  put(text, members.size(), 2);
  put(text, size, 4);
  put(text, std::min(offset, kElsewhere), 4);
  put(text, 0, 2);  // length of a comment
  return text;
}

}  // namespace aerotool::npy

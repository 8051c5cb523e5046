// A zip archive, wherever its members come from: the directory, local headers, and the bytes of all members.
// What can be read lies inside of the archive, and never gives more bytes than the directory says.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <span>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "encoding/zip/archive.hpp"
#include "scratch.hpp"

namespace {

using namespace aerotool;

constexpr std::uint64_t kMost = std::uint64_t{1} << 20;

void read(const zip::Archive& archive, std::size_t number) {
  const zip::Entry& entry = archive.entry(number);
  if (!range_fits(entry.data, entry.stored_size, archive.data_end())) std::abort();
  if (entry.size > kMost) return;
  try {
    const Bytes whole = archive.bytes_of(number, kMost, entry.crc);
    if (whole.size() != entry.size) std::abort();
    // By another way the same bytes come out.
    std::vector<std::byte> again(whole.size());
    const auto read_at = archive.reader_of(number, entry.crc);
    constexpr std::size_t kPiece = 97;
    for (std::size_t at = 0; at < again.size(); at += kPiece)
      read_at(at, std::span(again).subspan(at, std::min(kPiece, again.size() - at)));
    if (!std::ranges::equal(again, whole.view)) std::abort();
  } catch (const ContentError&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::ScratchDirectory directory;
  static const fuzz::ScratchFile file(directory, "input.zip");
  file.set(std::as_bytes(std::span(data, size)));
  std::size_t told = 0;
  const zip::Tell tell = [&](const zip::Finding& finding) {
    told += finding.message.size();
    static_cast<void>(zip::code_of(finding.kind));
  };
  try {
    zip::Archive archive(std::shared_ptr<const io::Input>(file.open()), tell);
    archive.read_local_headers(tell);
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < archive.entries().size(); ++i) {
      const zip::Entry& entry = archive.entry(i);
      const auto found = archive.find(entry.name);
      if (!found || archive.entry(*found).name != entry.name) std::abort();
      if (!entry.is_readable || bytes > kMost) continue;
      bytes += entry.size;
      read(archive, i);
    }
  } catch (const ContentError&) {
    return 0;
  }
  return 0;
}

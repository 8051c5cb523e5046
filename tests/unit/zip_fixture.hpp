// Zip archives made by hand, and what an Archive says of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "encoding/zip/archive.hpp"
#include "encoding/zip/writer.hpp"
#include "files.hpp"
#include "hash/crc32.hpp"
#include "io/file_input.hpp"

namespace aerotool::test {

/// Stored members, one behind the other.
class ZipFile {
 public:
  ZipFile& add(std::string name, std::string_view content, std::uint64_t alignment = 1) {
    zip::Member member{std::move(name), bytes_.size(), content.size(), hash::crc32(bytes_of(content)),
                       alignment};
    bytes_ += zip::local_header(member);
    bytes_ += content;
    members_.push_back(std::move(member));
    return *this;
  }
  /// Bytes that belong to nothing.
  ZipFile& add_bytes(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  std::vector<zip::Member>& members() { return members_; }
  std::size_t size() const { return bytes_.size(); }
  std::string finish() const { return bytes_ + zip::directory(members_, bytes_.size()); }

 private:
  std::string bytes_;
  std::vector<zip::Member> members_;
};

inline void put_number(std::string& bytes, std::size_t at, std::uint64_t number, unsigned width) {
  for (unsigned i = 0; i < width; ++i) bytes[at + i] = static_cast<char>(number >> (8 * i) & 0xff);
}

/// An archive of a temporary file, with what is told of it.
struct OpenedZip {
  explicit OpenedZip(std::string_view bytes, std::size_t before = 0, std::size_t behind = 0)
      : file(std::string(before, 'x') + std::string(bytes) + std::string(behind, 'x')) {
    const zip::Tell tell = [this](const zip::Finding& finding) { findings.push_back(finding); };
    archive = std::make_unique<zip::Archive>(io::FileInput::open(file.path()),
                                             zip::Window{before, bytes.size()}, tell);
    archive->read_local_headers(tell);
  }

  std::vector<zip::Finding::Kind> kinds() const {
    std::vector<zip::Finding::Kind> kinds;
    for (const zip::Finding& finding : findings) kinds.push_back(finding.kind);
    return kinds;
  }
  std::string text_of(std::size_t number) const {
    return std::string(archive->bytes_of(number, 1 << 20, archive->entry(number).crc).text());
  }

  TemporaryFile file;
  std::vector<zip::Finding> findings;
  std::unique_ptr<zip::Archive> archive;
};

}  // namespace aerotool::test

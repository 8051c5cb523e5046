// The files of a repository at a commit, as the hub lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash/digest.hpp"
#include "io/listing.hpp"

namespace aerotool::hub {

struct ListedFile {
  std::string path;
  std::uint64_t size = 0;
  std::optional<Digest> sha256;  ///< of what Git does not hold itself

  bool operator==(const ListedFile&) const = default;
};

class HubListing {
 public:
  /// More than that is no model's.
  static constexpr std::size_t kMaxFiles = 100'000;

  /// Takes what one page of the API's answer lists: [{"type": "file", "path", "size", "lfs": {"oid"}}, ...].
  /// A path that no file can have is left out. What is wrong with the text; empty where it has been taken.
  std::string add_page(std::string_view json);
  /// After the last page.
  void finish();

  /// As it is kept: a line for each file, its size, its SHA-256 or "-", its path.
  std::string text() const;
  /// Nothing where the text is not of this form.
  static std::optional<HubListing> from_text(std::string_view text);

  const std::vector<ListedFile>& files() const { return files_; }
  /// Null where there is none at the path.
  const ListedFile* file(std::string_view path) const;
  /// A directory is there where files lie in it; the empty path is the repository.
  io::FileType type_of(std::string_view path) const;
  /// What is in a directory, each name once, in order.
  std::vector<std::string> names_in(std::string_view directory) const;

 private:
  /// The first file in a directory, and the one behind the last.
  std::pair<std::size_t, std::size_t> range_of(std::string_view directory) const;

  std::vector<ListedFile> files_;  // by path
};

}  // namespace aerotool::hub

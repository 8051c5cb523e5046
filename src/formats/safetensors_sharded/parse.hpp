// The index of a sharded safetensors model: which tensor lies in which file
// (src/formats/safetensors_sharded/FORMAT.md, "The index"). What it says is hostile; whether the files agree
// is for reader.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"

namespace aerotool::safetensors_sharded {

inline constexpr std::string_view kIndexExtension = ".safetensors.index.json";
inline constexpr std::string_view kUsualIndex = "model.safetensors.index.json";
/// How many bytes at the end of a path say that it is an index: .safetensors.index.json, or
/// .safetensors.index.VARIANT.json as diffusers calls it; 0 where it is none.
std::size_t index_ending(std::string_view path);
/// As much as the header of a single file may take.
inline constexpr std::uint64_t kMaxIndexBytes = 100'000'000;
/// As many as the five digits in the files' usual names can count.
inline constexpr std::size_t kMaxFiles = 99'999;

/// Names stand one behind the other, eight bytes beside them a tensor: a hostile index has millions.
class Index {
 public:
  /// A tensor and its file, as an index into files().
  void add(std::string_view tensor, std::uint32_t file);

  std::size_t size() const { return entries_.size(); }
  std::string_view tensor(std::size_t entry) const;
  std::uint32_t file(std::size_t entry) const { return entries_[entry].file; }
  /// The entries in byte order of their tensors' names, which are unique.
  std::vector<std::uint32_t> by_name() const;

  /// In byte order of their names, each once.
  const std::vector<std::string>& files() const { return files_; }
  /// What "metadata" says that all tensors take.
  std::optional<std::uint64_t> total_size() const { return total_size_; }

 private:
  friend Index read_index(const std::string& path, std::string_view json, Report& report);

  struct Entry {
    std::uint32_t name_end = 0;  // an index is far shorter than 4 GiB
    std::uint32_t file = 0;
  };

  std::string names_;
  std::vector<Entry> entries_;
  std::vector<std::string> files_;
  std::optional<std::uint64_t> total_size_;
};

/// Reads the text of the index `path`. Throws CorruptError where it is not JSON with unique keys that has a
/// "weight_map"; what is not of its kind in there goes to `report`.
Index read_index(const std::string& path, std::string_view json, Report& report);

}  // namespace aerotool::safetensors_sharded

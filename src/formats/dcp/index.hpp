// What a checkpoint's .metadata says, compact: a large one has millions of chunks. All of it is a claim until
// chunks.hpp has looked at it (src/formats/dcp/FORMAT.md, "The index").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/finding_code.hpp"
#include "formats/dcp/blocks.hpp"
#include "formats/torch/types.hpp"
#include "model/tensor.hpp"

namespace aerotool::dcp {

inline constexpr std::uint32_t kNone = 0xffffffff;
/// As a pickle's integer that does not fit, or is below zero.
inline constexpr std::uint64_t kNoNumber = UINT64_MAX;

/// A run of bytes of a file: a whole archive of torch.save(), or the elements of a chunk.
struct StoredItem {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t file = 0;       ///< of Index::files
  std::uint32_t transform = 0;  ///< of Index::transforms
};

/// A key of the state dict: a tensor in chunks, or a value that is no tensor.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Key {
  std::string name;
  std::uint32_t wrapper = kNone;  ///< of Index::wrappers: what the way to it begins with
  bool is_tensor = false;         ///< else an object, which has one item and no chunks
  bool is_tiled = false;          ///< Megatron has cut it into tiles, and it is stored as a row of these
  const torch::ElementType* type = nullptr;
  Shape shape = {};
  std::string problem = {};  ///< why nothing can be made of it, as far as that is known
  Code code = Code::malformed;
  std::uint64_t numbers = 0;  ///< where those of its first chunk begin, in Index::numbers
  std::uint64_t first = 0;    ///< its first chunk, in Index::items
  std::uint64_t count = 0;    ///< of chunks
};

class Index {
 public:
  std::vector<Key> keys;           ///< in the order of the state dict
  std::vector<std::string> files;  ///< as they are named: hostile
  /// The names of what was done to items, joined by a comma; the first one is none.
  std::vector<std::string> transforms = {""};
  std::vector<std::string> wrappers;
  bool has_paths = false;      ///< the ways to the keys are known
  bool is_plain = false;       ///< an item is a chunk's elements as they are, and no archive
  std::uint64_t unused = 0;    ///< items that no chunk has
  std::string unused_example;  ///< the key of one of them

  std::uint64_t chunk_count() const { return items_.size(); }
  /// Bytes of all that there is for each chunk.
  std::uint64_t memory() const {
    return numbers_.memory() + items_.memory() + offsets_.memory() + lengths_.memory() + places_.memory();
  }

  std::uint64_t offset(const Key& key, std::uint64_t chunk, std::size_t dimension) const {
    return numbers_[key.numbers + chunk * 2 * key.shape.size() + dimension];
  }
  std::uint64_t size(const Key& key, std::uint64_t chunk, std::size_t dimension) const {
    return numbers_[key.numbers + (chunk * 2 + 1) * key.shape.size() + dimension];
  }
  /// Where a chunk lies, or an object, which has one; nothing where the index does not say it.
  std::optional<StoredItem> item(const Key& key, std::uint64_t chunk = 0) const {
    const std::uint32_t number = items_[key.first + chunk];
    if (number == kNone) return std::nullopt;
    const std::uint32_t place = places_[number];
    return StoredItem{offsets_[number], lengths_[number], place & kFileBits, place >> kFileDigits};
  }

  static constexpr unsigned kFileDigits = 24;
  static constexpr std::uint32_t kFileBits = (std::uint32_t{1} << kFileDigits) - 1;

 private:
  friend class IndexBuilder;

  Blocks<std::uint64_t> numbers_;  // of each chunk its offsets, then its sizes
  Blocks<std::uint32_t> items_;    // of each chunk, and each object
  // Of each item:
  Blocks<std::uint64_t> offsets_;
  Blocks<std::uint64_t> lengths_;
  Blocks<std::uint32_t> places_;
};

}  // namespace aerotool::dcp

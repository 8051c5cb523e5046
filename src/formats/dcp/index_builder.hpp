// Puts together what the index of a checkpoint says (index.hpp) as it is met, in whatever order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "formats/dcp/index.hpp"

namespace aerotool::dcp {

/// There is more than is handled.
struct TooMuch {
  std::string what;
};

/// Functions throw TooMuch. Numbers that they give stand for what they were given.
class IndexBuilder {
 public:
  using Numbers = std::span<const std::uint64_t>;
  struct Chunk {
    std::uint64_t numbers = 0;
    std::uint32_t rank = 0;
  };

  /// Of the same rank.
  Chunk add_chunk(Numbers offsets, Numbers sizes);

  /// `type` is null where `type_name` is not known.
  std::uint32_t add_tensor(const torch::ElementType* type, std::string type_name, Numbers shape,
                           std::span<const Chunk> chunks);
  /// A key of the state dict; without a tensor it is an object's. False where it is there already.
  bool add_key(std::string_view name, std::optional<std::uint32_t> tensor);

  /// One that is there, also where no item is in it.
  void add_file(std::string_view name);

  /// Where something lies, by its key and where in a tensor it begins.
  std::uint32_t add_place(std::string_view key, Numbers begin);
  std::uint32_t add_item(std::string_view file, std::uint64_t offset, std::uint64_t length,
                         const std::string& transform);
  void set_item(std::uint32_t place, std::uint32_t item);

  /// What the way to a key begins with.
  void add_path(std::string_view key, std::string wrapper);

  /// That the tensor of a key has another shape than the stored one.
  void add_tiled(std::string_view key);

  /// From here on what another process says: it may know keys that are known, with chunks of its own.
  void begin_another();

  Index finish();

 private:
  // NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
  struct Tensor {
    const torch::ElementType* type = nullptr;
    std::string type_name;
    Shape shape;
    std::uint64_t numbers = 0;
    std::uint64_t count = 0;
    std::uint32_t other_rank = kNone;  ///< of a chunk, where one has it
  };

  std::uint32_t id_of(std::string_view name);
  void require_room(std::uint64_t numbers) const;
  Tensor joined(std::span<const std::uint32_t> tensors);
  void describe(Key& key, Tensor tensor);
  void find_items(Key& key, std::span<const std::uint32_t> places);
  std::strong_ordering compare(std::uint32_t place, std::uint64_t numbers, std::size_t rank) const;
  std::uint64_t begin_of(std::uint32_t place) const { return place == 0 ? 0 : place_ends_[place - 1]; }
  void sort_places();
  std::span<const std::uint32_t> places_of(std::uint32_t id) const;

  Index index_;
  bool is_several_ = false;
  std::uint32_t last_file_ = 0;
  std::unordered_map<std::string, std::uint32_t> file_numbers_;
  std::unordered_map<std::string, std::uint32_t> transform_numbers_;
  std::unordered_map<std::string, std::uint32_t> wrapper_numbers_;

  std::unordered_map<std::string, std::uint32_t> ids_;  // of all names, also of those that are no keys
  std::vector<std::uint32_t> key_of_id_;                // in index_.keys; kNone where it is none
  std::vector<Tensor> tensors_;
  std::vector<std::uint32_t> tensor_of_key_;                   // beside index_.keys; kNone of objects
  std::vector<std::pair<std::uint32_t, std::uint32_t>> more_;  // keys, and tensors that they have besides

  Blocks<std::uint32_t> place_ids_;
  Blocks<std::uint32_t> place_items_;
  Blocks<std::uint32_t> place_ends_;  // in place_numbers_
  Blocks<std::uint64_t> place_numbers_;
  std::vector<std::uint32_t> sorted_;     // places by their keys, and where they begin
  std::vector<std::uint32_t> id_begins_;  // in sorted_
};

}  // namespace aerotool::dcp

// Elements that lie in a file in another order, or with their bytes reversed, as a tensor has them: row-major
// and little-endian. Columns first (Fortran), transposed and sliced views, big-endian checkpoints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "core/bytes.hpp"
#include "io/digester.hpp"
#include "io/input.hpp"
#include "model/element_box.hpp"
#include "model/stored_range.hpp"

namespace aerotool {

/// Elements of a storage, and what their bytes are.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct GatheredElements {
  StridedView view;         ///< which reach_of() accepts
  std::uint32_t width = 1;  ///< bytes of an element
  std::uint32_t swapped =
      1;  ///< so many bytes at a time are in the other order: half an element, of complex ones

  /// They lie as a tensor has them.
  bool are_plain() const { return swapped == 1 && is_row_major(view); }
};

/// Where the bytes of a storage are.
struct GatherSource {
  io::ReadAt read;  ///< from the first byte of the storage on
  /// These bytes of the storage without a copy, where that can be had: elements that lie far from each other
  /// are then read where they are. May be empty.
  std::function<std::optional<Bytes>(std::uint64_t offset, std::uint64_t length)> mapped = {};
};

/// What lies in an input from `offset` on; mapped where that is not on a server, nor hashed as it is read.
GatherSource gather_source(const io::Input& input, std::uint64_t offset);

/// So many bytes of a tensor are gathered at once: half of them take as long as all of them.
inline constexpr std::uint64_t kGatheredAtOnce = std::uint64_t{4} << 20;

/// Makes the bytes of one tensor. Thread-safe: threads that read beside each other gather together, or what
/// comes next while the others use what there is; those that read far from each other side by side, in four
/// places at most.
class Gathered {
 public:
  /// Where the bytes that are made stand meanwhile: of all that share it four bands at most.
  struct Room;
  static std::shared_ptr<Room> make_room();

  Gathered(GatheredElements elements, GatherSource source, std::shared_ptr<Room> room = make_room());
  ~Gathered();
  Gathered(const Gathered&) = delete;
  Gathered& operator=(const Gathered&) = delete;

  std::uint64_t size() const { return size_; }
  /// Fills `out` with the bytes from `offset` on; the range is inside. Holds no more than some multiples of
  /// kGatheredAtOnce. Throws what the source throws.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  struct Band;
  class Use;

  void read_plain(std::uint64_t offset, std::span<std::byte> out) const;
  void read_runs(std::uint64_t offset, std::span<std::byte> out) const;
  void plan_bands();
  std::uint64_t band_begin(std::uint64_t band) const;
  // These two while the room's mutex is held; null where there is none, or no room.
  std::shared_ptr<Band> known_band(std::uint64_t number) const;
  std::shared_ptr<Band> new_band(std::uint64_t number) const;
  /// `is_first`: nobody has read it before.
  std::shared_ptr<Band> band_of(std::uint64_t number, bool& is_first) const;
  /// Of a tensor that is read band by band, while other threads use what this one has gathered.
  void fill_ahead(std::uint64_t number) const;
  /// Together with other threads that need it, where its bytes are mapped.
  void fill(Band& band) const;
  void forget(const Band& band) const;
  void prepare(Band& band) const;
  void take_room(Band& band) const;
  void fill_part(Band& band, std::uint64_t part) const;
  std::optional<Bytes> mapping() const;
  void gather(BoxAxes axes, std::uint64_t begin, std::span<std::byte> out) const;
  void gather_slab(const BoxAxes& axes, std::uint64_t begin, std::span<std::byte> out,
                   std::vector<std::byte>& scratch) const;
  void swap(std::span<std::byte> bytes) const;

  GatheredElements elements_;
  GatherSource source_;
  std::shared_ptr<Room> room_;
  std::uint64_t count_ = 0;  // of elements
  std::uint64_t size_ = 0;
  std::uint64_t run_ = 1;  // elements that lie side by side
  bool is_plain_ = false;  // but for the order of bytes

  // A band is a box of the tensor that is a run of it, too: some steps of one dimension, all of those behind.
  std::size_t banded_ = 0;        // that dimension
  std::uint64_t behind_ = 1;      // elements of one step of it
  std::uint64_t steps_ = 1;       // of a band
  std::uint64_t bands_each_ = 1;  // in all steps of it

  mutable std::mutex mutex_;
  mutable std::optional<Bytes> mapping_;
  mutable bool asked_for_mapping_ = false;
};

}  // namespace aerotool

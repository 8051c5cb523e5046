// The packed types that an AERO file's quant descriptors describe (src/formats/aero/FORMAT.md, "MMSG").
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"
#include "formats/aero/read/opened_file.hpp"
#include "model/dtype.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

class DescribedTypes {
 public:
  /// What the types that a file alone describes may take; for a set's parts it adds up.
  static constexpr std::uint64_t kMaxMemory = std::uint64_t{32} << 20;

  DescribedTypes() = default;
  // Types are pointed at.
  DescribedTypes(const DescribedTypes&) = delete;
  DescribedTypes& operator=(const DescribedTypes&) = delete;
  DescribedTypes(DescribedTypes&&) = default;
  DescribedTypes& operator=(DescribedTypes&&) = default;

  /// Reads a file's descriptors. Types that `index`, which outlives this and may be null, describes under the
  /// same ids are not held again.
  void read(const OpenedFile& file, const DescribedTypes* index, Report& report);

  /// The type that an id means; null where it has no descriptor.
  const DType* find(std::uint64_t quant_id) const;
  /// A type that nothing describes.
  DType unknown();
  /// What the types take that this file alone describes.
  std::uint64_t memory() const { return memory_; }
  /// Lets go of the ids; types that tensors have stay.
  void forget_ids() { by_id_.clear(); }
  /// What of the descriptors a copy loses, as Extras has it.
  const std::vector<std::string>& lost() const { return lost_; }
  void forget_lost() { std::vector<std::string>().swap(lost_); }

 private:
  /// The type of a sound descriptor; nothing where it would take too much memory. `params` may be null.
  std::optional<DType> type_of(std::uint64_t id, std::string_view codec, std::string_view name,
                               const Value* params, const DescribedTypes* index);

  std::deque<PackedType> own_;  // of codecs that this program does not know
  std::uint64_t memory_ = 0;
  // Not by hash: the hash of a number is the number, and a file may choose ids that collide.
  std::map<std::uint64_t, DType> by_id_;
  std::vector<std::string> lost_;
};

}  // namespace aerotool::aero

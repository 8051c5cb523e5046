#include "formats/gguf/parse_tensors.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/checked.hpp"
#include "core/distinct.hpp"
#include "core/large_pages.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::string_view kInfos = "the tensor infos";
constexpr std::uint32_t kMaxDimensions = 4;  // that GGUF allows
constexpr std::uint32_t kMaxRead = 32;
constexpr std::uint64_t kMaxNameBytes = 4096;  // what AERO can hold
// A count may be a lie: no more is made room for at once, and from here on names that stand twice are looked
// for each time the number of tensors doubles.
constexpr std::size_t kMaxReserved = std::size_t{1} << 20;
// A judged file may be nothing but a count and zeros: there is no use in listing billions of infos.
constexpr std::uint64_t kMaxUnusable = Report::kMax;

std::string too_many_dimensions(std::uint32_t rank) {
  return std::to_string(rank) + " dimensions; GGUF allows at most " + std::to_string(kMaxDimensions);
}

/// For each tensor whether one before it has its name; empty where all names differ. Names are compared only
/// where hashes are equal.
std::vector<bool> find_twins(const std::vector<Tensor>& tensors) {
  DistinctHashes hashes;
  hashes.reserve(tensors.size());
  for (const Tensor& tensor : tensors) hashes.add(tensor.name);
  if (hashes.differ()) return {};
  std::vector<bool> twins;
  std::set<std::string_view> names;
  for (const Tensor& tensor : tensors) twins.push_back(!names.insert(tensor.name).second);
  return twins;
}

class InfoReader {
 public:
  InfoReader(Cursor& cursor, std::uint64_t alignment, OtherTypes& others, Report& report)
      : cursor_(cursor), alignment_(alignment), others_(others), report_(report) {}

  std::vector<Tensor> read(std::uint64_t count) {
    reserve_large(tensors_, std::min<std::uint64_t>(count, kMaxReserved));
    std::uint64_t next_look = kMaxReserved;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!read_info()) give_up_above_limit();
      if (tensors_.size() < next_look) continue;
      drop_twins();
      next_look *= 2;
    }
    drop_twins();
    return std::move(tensors_);
  }

 private:
  /// False where the tensor cannot be used.
  bool read_info() {
    const std::uint64_t begin = cursor_.position();
    const Bytes name = cursor_.string(kInfos);
    Tensor tensor;
    tensor.name = name.text().substr(0, kMaxNameBytes);
    const std::uint32_t rank = cursor_.u32(kInfos);
    const bool has_shape = rank <= kMaxRead;
    if (has_shape) {
      if (rank > kMaxDimensions) report_.fault(Code::shape, at(tensor), too_many_dimensions(rank));
      tensor.shape.resize(rank);
      for (std::uint32_t i = 0; i < rank; ++i) tensor.shape[rank - 1 - i] = cursor_.u64(kInfos);
    } else {
      report_.unreadable(Code::shape, at(tensor), too_many_dimensions(rank));
      cursor_.skip(std::uint64_t{rank} * 8, kInfos);
    }
    const std::uint32_t type = cursor_.u32(kInfos);
    tensor.offset = cursor_.u64(kInfos);

    if (name.size() > kMaxNameBytes) {
      report_.unreadable(Code::name, cursor_.at(begin),
                         "a tensor's name has " + std::to_string(name.size()) + " bytes; at most " +
                             std::to_string(kMaxNameBytes) + " are read");
    }
    const bool usable =
        has_shape && (is_gguf_type(type) ? measure(tensor, type) : measure_other(tensor, type));
    check_place(tensor, usable && is_gguf_type(type));
    if (!usable || name.size() > kMaxNameBytes) return false;
    tensors_.push_back(std::move(tensor));
    return true;
  }

  bool measure(Tensor& tensor, std::uint32_t type) {
    const std::optional<DType> dtype = ggml_dtype(type);
    const ByteSize size = dtype->size_of(tensor.shape);
    if (!size.bytes) {
      report_.unreadable(Code::shape, at(tensor), size.problem);
      return false;
    }
    tensor.dtype = *dtype;
    tensor.size = *size.bytes;
    return true;
  }

  bool measure_other(Tensor& tensor, std::uint32_t type) {
    if (!others_.note(type, tensor.name)) {
      throw CorruptError({cursor_.path(), {}, {}},
                         "its tensors have more than " + with_thousands(OtherTypes::kMax) +
                             " types that GGUF does not define; the rest were not read",
                         Code::dtype);
    }
    if (!element_count(tensor.shape)) {
      report_.unreadable(Code::shape, at(tensor), "the number of elements exceeds 2^64");
      return false;
    }
    const std::optional<DType> known = ggml_dtype(type);
    const ByteSize size = known ? known->size_of(tensor.shape) : ByteSize{};
    tensor.dtype = size.bytes ? *known : others_.unmeasured(type);
    tensor.size = size.bytes.value_or(0);
    return true;
  }

  /// Tensors are packed one after another in the order of the infos, each padded to the alignment. The first
  /// that departs from that is named: those after it follow from it.
  void check_place(const Tensor& tensor, bool has_size) {
    const bool aligned = tensor.offset % alignment_ == 0;
    if (expected_ && tensor.offset != *expected_ && !packing_reported_) {
      packing_reported_ = true;
      misaligned_reported_ = misaligned_reported_ || !aligned;
      report_.fault(Code::placement, at(tensor),
                    "begins at byte " + std::to_string(tensor.offset) + " of the data section, but " +
                        std::to_string(*expected_) +
                        " was expected: tensors follow each other, each padded to the alignment "
                        "of " +
                        std::to_string(alignment_));
    } else if (!aligned && !misaligned_reported_) {
      misaligned_reported_ = true;
      report_.fault(Code::placement, at(tensor),
                    "begins at byte " + std::to_string(tensor.offset) +
                        " of the data section, which is not a multiple of the alignment " +
                        std::to_string(alignment_));
    }
    expected_.reset();
    if (!has_size) return;
    if (const auto end = checked_add(tensor.offset, tensor.size)) expected_ = checked_align(*end, alignment_);
  }

  void drop_twins() {
    const std::vector<bool> twins = find_twins(tensors_);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < twins.size(); ++i) {
      if (twins[i]) {
        report_.unreadable(Code::duplicate, at(tensors_[i]), "two tensors have this name");
        give_up_above_limit();
      } else {
        if (kept != i) tensors_[kept] = std::move(tensors_[i]);
        ++kept;
      }
    }
    if (!twins.empty()) tensors_.resize(kept);
  }

  void give_up_above_limit() {
    if (++unusable_ <= kMaxUnusable) return;
    throw CorruptError({cursor_.path(), {}, {}}, "more than " + std::to_string(kMaxUnusable) +
                                                     " tensor infos cannot be used; the rest were not read");
  }

  Where at(const Tensor& tensor) const { return {cursor_.path(), {}, tensor.name}; }

  Cursor& cursor_;
  std::uint64_t alignment_;
  OtherTypes& others_;
  Report& report_;
  std::vector<Tensor> tensors_;
  std::optional<std::uint64_t> expected_ = 0;  // where the next tensor should begin, if that is known
  bool packing_reported_ = false;
  bool misaligned_reported_ = false;
  std::uint64_t unusable_ = 0;
};

}  // namespace

std::vector<Tensor> read_tensor_infos(Cursor& cursor, std::uint64_t count, std::uint64_t alignment,
                                      OtherTypes& others, Report& report) {
  return InfoReader(cursor, alignment, others, report).read(count);
}

}  // namespace aerotool::gguf

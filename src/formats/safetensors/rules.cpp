#include "formats/safetensors/rules.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/large_pages.hpp"
#include "formats/safetensors/message.hpp"
#include "model/cut_off.hpp"
#include "model/safetensors_order.hpp"

namespace aerotool::safetensors {
namespace {

std::string interval(std::uint64_t begin, std::uint64_t end) {
  return "[" + std::to_string(begin) + ", " + std::to_string(end) + "]";
}

std::string interval(const Tensor& tensor) {
  return interval(tensor.offset, tensor.offset + tensor.size);
}

std::string count_bytes(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

}  // namespace

Layout::Layout(std::string path, std::uint64_t data_start, std::uint64_t data_size, Report& report)
    : path_(std::move(path)), data_start_(data_start), data_size_(data_size), report_(report) {}

void Layout::reserve_for(std::uint64_t header_length) {
  // Memory that is not touched costs nothing; growing by doubling would hold every tensor twice.
  reserve_large(tensors_, static_cast<std::size_t>(header_length / kLeastEntryBytes + 1));
}

Where Layout::place(std::string_view tensor) const {
  return {path_, {}, shortened(tensor)};
}

/// With the place in the file of a byte of the data section.
Where Layout::place(std::string_view tensor, std::uint64_t offset) const {
  return {path_, checked_add(data_start_, offset), shortened(tensor)};
}

void Layout::unsupported(Where where, std::string message) {
  if (!report_.judging()) throw UnsupportedError(std::move(where), std::move(message));
  report_.unreadable(Code::unsupported, std::move(where), std::move(message));
}

void Layout::defect(std::string_view tensor, std::string message) {
  report_.unreadable(Code::malformed, place(tensor), std::move(message));
}

/// The bytes that dtype and shape ask for; nothing where they are missing or wrong, which is noted.
std::optional<std::uint64_t> Layout::size_of(const HeaderEntry& entry, DType& dtype) {
  bool known = entry.dtype && entry.shape;
  if (entry.dtype) {
    const auto found = dtype_named(*entry.dtype);
    if (found && rank_of(*found)) {
      dtype = *found;
    } else {
      unsupported(place(entry.name), "dtype " + quoted(*entry.dtype) + " is not known");
      known = false;
    }
  }
  if (entry.rank > kMaxRank) {
    unsupported(place(entry.name), "a shape of " + std::to_string(entry.rank) + " dimensions; at most " +
                                       std::to_string(kMaxRank) + " are handled");
    known = false;
  }
  if (!known) return std::nullopt;
  // The product of the shape and the size in bytes stay below 2^64; sub-byte types end on a byte.
  ByteSize size = dtype.size_of(*entry.shape);
  if (!size.bytes) {
    report_.unreadable(Code::shape, place(entry.name),
                       std::string(dtype.name()) + " " +
                           to_string(Shape(entry.shape->begin(), entry.shape->end())) +
                           " has no size in bytes: " + size.problem);
  }
  return size.bytes;
}

void Layout::add(const HeaderEntry& entry) {
  DType dtype;
  const auto size = size_of(entry, dtype);
  if (!entry.data_offsets) {
    ++unplaced_;
    return;
  }
  const auto [begin, end] = *entry.data_offsets;
  // begin is not after end.
  if (begin > end) {
    report_.unreadable(Code::shape, place(entry.name),
                       "data_offsets " + interval(begin, end) + " end before they begin");
    ++unplaced_;
    return;
  }
  // end - begin equals the size that dtype and shape give.
  const bool fits = size && *size == end - begin;
  if (size && !fits) {
    report_.unreadable(Code::shape, place(entry.name),
                       "data_offsets " + interval(begin, end) + " hold " + count_bytes(end - begin) +
                           ", but " + std::string(dtype.name()) + " " +
                           to_string(Shape(entry.shape->begin(), entry.shape->end())) + " takes " +
                           std::to_string(*size));
  }
  Tensor& tensor = tensors_.emplace_back();
  tensor.name = entry.name;
  tensor.dtype = dtype;
  if (fits) tensor.shape.assign(entry.shape->begin(), entry.shape->end());
  tensor.offset = begin;
  tensor.size = end - begin;
  sound_.push_back(fits);
}

/// Indexes by begin, then end, then header order; empty where that is the header's order.
std::vector<std::uint32_t> Layout::data_order() const {
  const auto key = [](const Tensor& tensor) { return std::pair(tensor.offset, tensor.size); };
  const auto before = [&](const Tensor& a, const Tensor& b) { return key(a) < key(b); };
  if (std::is_sorted(tensors_.begin(), tensors_.end(), before)) return {};
  // Sorted apart from the tensors, which lie too far from each other in memory.
  std::vector<std::pair<std::uint64_t, std::uint32_t>> begins;
  begins.reserve(tensors_.size());
  for (const Tensor& tensor : tensors_) {
    begins.emplace_back(tensor.offset, static_cast<std::uint32_t>(begins.size()));
  }
  std::sort(begins.begin(), begins.end(), [&](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first < b.first;
    return std::pair(tensors_[a.second].size, a.second) < std::pair(tensors_[b.second].size, b.second);
  });
  std::vector<std::uint32_t> order;
  order.reserve(begins.size());
  for (const auto& [begin, index] : begins) order.push_back(index);
  return order;
}

/// Offsets in ascending order tile the data section exactly.
void Layout::check_tiling(const std::vector<std::uint32_t>& order) {
  std::uint64_t covered = 0;
  const Tensor* last = nullptr;  // the one that reaches to `covered`
  CutOff cut_off;
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const std::size_t index = order.empty() ? i : order[i];
    const Tensor& tensor = tensors_[index];
    const std::uint64_t end = tensor.offset + tensor.size;
    // None past the end.
    if (end > data_size_) {
      sound_[index] = false;
      cut_off.add(tensor.name, checked_add(data_start_, tensor.offset).value_or(tensor.offset), tensor.size);
    }
    // No overlap.
    if (tensor.offset < covered) note_overlap(tensor, *last);
    // No hole. Where an entry could not be placed, the bytes may be its own.
    if (tensor.offset > covered && covered < data_size_ && unplaced_ == 0) {
      note_hole(covered, std::min(tensor.offset, data_size_), last, &tensor);
    }
    if (end >= covered) {
      covered = end;
      last = &tensor;
    }
  }
  cut_off.report(path_, data_start_ + data_size_, report_);
  // The last end equals the section's length.
  if (covered < data_size_ && unplaced_ == 0) note_hole(covered, data_size_, last, nullptr);
}

void Layout::note_overlap(const Tensor& tensor, const Tensor& other) {
  const std::uint64_t shared =
      std::min(tensor.offset + tensor.size, other.offset + other.size) - tensor.offset;
  const std::string relation = tensor.size == 0 ? " lie inside tensor " : " overlap tensor ";
  report_.unreadable(Code::overlap, place(tensor.name, tensor.offset),
                     "data_offsets " + interval(tensor) + relation + quoted(other.name) + " at " +
                         interval(other) + (tensor.size == 0 ? "" : " by " + count_bytes(shared)));
}

/// `before` and `after` are the tensors on both sides, null where there is none.
void Layout::note_hole(std::uint64_t begin, std::uint64_t end, const Tensor* before, const Tensor* after) {
  std::string neighbours = "the header names no tensors";
  if (before != nullptr && after != nullptr) {
    neighbours = "tensor " + quoted(before->name) + " ends at " + std::to_string(begin) + ", tensor " +
                 quoted(after->name) + " begins at " + std::to_string(after->offset);
  } else if (before != nullptr) {
    neighbours = "tensor " + quoted(before->name) + " is the last and ends at " + std::to_string(begin);
  } else if (after != nullptr) {
    neighbours =
        "tensor " + quoted(after->name) + " is the first and begins at " + std::to_string(after->offset);
  }
  report_.unreadable(Code::stray, place({}, begin),
                     count_bytes(end - begin) + " of the data section, " + interval(begin, end) +
                         ", belong to no tensor: " + neighbours);
}

std::vector<Tensor> Layout::finish() {
  const auto order = data_order();
  check_tiling(order);
  if (order.empty() && std::find(sound_.begin(), sound_.end(), false) == sound_.end()) {
    for (Tensor& tensor : tensors_) tensor.offset += data_start_;
    return std::move(tensors_);
  }
  std::vector<Tensor> tensors;
  tensors.reserve(tensors_.size());
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const std::size_t index = order.empty() ? i : order[i];
    if (!sound_[index]) continue;
    tensors_[index].offset += data_start_;
    tensors.push_back(std::move(tensors_[index]));
  }
  return tensors;
}

}  // namespace aerotool::safetensors

#include "model/stored_range.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include "core/checked.hpp"

namespace aerotool {
namespace {

// By their numbers.
constexpr std::array<std::string_view, 6> kEncodings = {"raw",           "zstd",       "deflate",
                                                        "zstd-seekable", "big-endian", "unknown"};
constexpr std::uint64_t kMaxOffset = std::uint64_t{1} << 63;

auto key_of(const StoredRange& range) {
  return std::tuple(range.offset, range.length, range.encoding);
}

}  // namespace

std::uint64_t magnitude_of(std::int64_t stride) {
  const auto bits = static_cast<std::uint64_t>(stride);
  return stride < 0 ? ~bits + 1 : bits;
}

std::string_view name_of(StoredEncoding encoding) {
  return kEncodings[static_cast<std::size_t>(encoding)];
}

std::optional<StoredEncoding> stored_encoding_named(std::string_view name) {
  const auto found = std::ranges::find(kEncodings, name);
  if (found == kEncodings.end()) return std::nullopt;
  return static_cast<StoredEncoding>(found - kEncodings.begin());
}

std::optional<std::uint64_t> StoredRange::end() const {
  return checked_add(offset, length);
}

std::vector<std::size_t> first_of_aliases(std::span<const StoredRange> ranges) {
  std::map<decltype(key_of(ranges.front())), std::size_t> known;
  std::vector<std::size_t> first;
  first.reserve(ranges.size());
  for (std::size_t i = 0; i < ranges.size(); ++i)
    first.push_back(known.try_emplace(key_of(ranges[i]), i).first->second);
  return first;
}

bool any_overlap(std::span<const StoredRange> ranges) {
  std::vector<const StoredRange*> order;
  for (const StoredRange& range : ranges) {
    if (range.length != 0) order.push_back(&range);
  }
  std::ranges::sort(order, {}, [](const StoredRange* range) { return key_of(*range); });
  std::uint64_t reached = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i != 0 && key_of(*order[i - 1]) == key_of(*order[i])) continue;
    if (order[i]->offset < reached) return true;
    reached = order[i]->end().value_or(kMaxOffset);
  }
  return false;
}

std::optional<std::vector<std::int64_t>> row_major_strides(std::span<const std::uint64_t> shape) {
  std::vector<std::int64_t> strides(shape.size());
  std::uint64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    if (step >= kMaxOffset) return std::nullopt;
    strides[i] = static_cast<std::int64_t>(step);
    const auto next = checked_mul(step, std::max<std::uint64_t>(shape[i], 1));
    if (!next) return std::nullopt;
    step = *next;
  }
  return strides;
}

bool is_row_major(const StridedView& view) {
  if (view.strides.size() != view.shape.size()) return false;
  if (std::ranges::find(view.shape, std::uint64_t{0}) != view.shape.end()) return true;
  std::uint64_t step = 1;
  for (std::size_t i = view.shape.size(); i-- > 0;) {
    // Nobody takes a step in a dimension of one.
    if (view.shape[i] == 1) continue;
    if (view.strides[i] < 0 || static_cast<std::uint64_t>(view.strides[i]) != step) return false;
    const auto next = checked_mul(step, view.shape[i]);
    if (!next) return false;
    step = *next;
  }
  return true;
}

std::optional<ElementRange> reach_of(const StridedView& view) {
  if (view.strides.size() != view.shape.size() || view.begin >= kMaxOffset) return std::nullopt;
  if (std::ranges::find(view.shape, std::uint64_t{0}) != view.shape.end())
    return ElementRange{view.begin, view.begin};
  std::uint64_t back = 0;
  std::uint64_t forth = 0;
  for (std::size_t i = 0; i < view.shape.size(); ++i) {
    const auto way = checked_mul(view.shape[i] - 1, magnitude_of(view.strides[i]));
    std::uint64_t& total = view.strides[i] < 0 ? back : forth;
    const auto sum = way ? checked_add(total, *way) : std::nullopt;
    if (!sum) return std::nullopt;
    total = *sum;
  }
  const auto last = checked_add(view.begin, forth);
  if (back > view.begin || !last || *last >= kMaxOffset - 1) return std::nullopt;
  return ElementRange{view.begin - back, *last + 1};
}

std::uint64_t element_at(const StridedView& view, std::uint64_t number) {
  std::uint64_t at = view.begin;
  for (std::size_t i = view.shape.size(); i-- > 0;) {
    const std::uint64_t step = number % view.shape[i];
    number /= view.shape[i];
    // A negative stride wraps around, and the sum wraps back.
    at += step * static_cast<std::uint64_t>(view.strides[i]);
  }
  return at;
}

std::uint64_t elements_in_a_run(const StridedView& view) {
  std::uint64_t run = 1;
  for (std::size_t i = view.shape.size(); i-- > 0;) {
    if (view.shape[i] == 1) continue;
    if (view.strides[i] < 0 || static_cast<std::uint64_t>(view.strides[i]) != run) break;
    run *= view.shape[i];
  }
  return run;
}

}  // namespace aerotool

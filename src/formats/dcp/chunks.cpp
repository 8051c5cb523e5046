#include "formats/dcp/chunks.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/text.hpp"

namespace aerotool::dcp {
namespace {

/// So few are compared with each other.
constexpr std::size_t kFew = 16;
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 28;

std::string text_of(const Index& index, const Key& key, std::uint64_t chunk, bool sizes) {
  std::string text = "[";
  for (std::size_t i = 0; i < key.shape.size(); ++i) {
    const std::uint64_t number = sizes ? index.size(key, chunk, i) : index.offset(key, chunk, i);
    text += (i == 0 ? "" : ", ") + std::to_string(static_cast<std::int64_t>(number));
  }
  return text + "]";
}

/// Nothing where it is not inside of the tensor.
std::optional<std::uint64_t> volume_of(const Index& index, const Key& key, std::uint64_t chunk) {
  std::optional<std::uint64_t> volume = 1;
  for (std::size_t i = 0; i < key.shape.size(); ++i) {
    // Numbers below zero are beyond all sizes.
    const std::uint64_t size = index.size(key, chunk, i);
    if (!range_fits(index.offset(key, chunk, i), size, key.shape[i])) return std::nullopt;
    if (volume) volume = checked_mul(*volume, size);
  }
  return volume;
}

/// Looks for two boxes that share an element. Boxes that somebody has cut a tensor into can be told apart by
/// planes: sorted along a dimension, there is a place where all that begin before it end before it. Each such
/// part is looked at by itself.
class OverlapSearch {
 public:
  OverlapSearch(const Index& index, const Key& key) : index_(index), key_(key) {}

  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  std::optional<Pair> run(std::vector<std::uint32_t> boxes) {
    boxes_ = std::move(boxes);
    std::vector<Part> parts = {{0, boxes_.size()}};
    while (!parts.empty()) {
      const Part part = parts.back();
      parts.pop_back();
      const std::size_t before = parts.size();
      if (part.end - part.begin <= kFew || !cut(part, parts)) {
        if (const auto found = compare_all(part)) return found;
        if (is_spent()) return std::nullopt;
      }
      if (parts.size() > before && (steps_ += part.end - part.begin) > kMostSteps) return std::nullopt;
    }
    return std::nullopt;
  }
  bool is_spent() const { return steps_ > kMostSteps; }

 private:
  struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  bool cut(const Part& part, std::vector<Part>& parts) {
    const auto boxes = std::span(boxes_).subspan(part.begin, part.end - part.begin);
    for (std::size_t i = 0; i < key_.shape.size(); ++i) {
      const auto begin_of = [&](std::uint32_t box) { return index_.offset(key_, box, i); };
      std::ranges::sort(boxes, {}, begin_of);
      steps_ += boxes.size();
      std::size_t from = 0;
      std::uint64_t end = 0;
      for (std::size_t at = 0; at < boxes.size(); ++at) {
        if (at > 0 && begin_of(boxes[at]) >= end) {
          parts.push_back({part.begin + from, part.begin + at});
          from = at;
        }
        end = std::max(end, begin_of(boxes[at]) + index_.size(key_, boxes[at], i));
      }
      if (from == 0) continue;
      parts.push_back({part.begin + from, part.end});
      return true;
    }
    return false;
  }

  bool share(std::uint32_t a, std::uint32_t b) const {
    for (std::size_t i = 0; i < key_.shape.size(); ++i) {
      const std::uint64_t begin_a = index_.offset(key_, a, i);
      const std::uint64_t begin_b = index_.offset(key_, b, i);
      if (begin_a + index_.size(key_, a, i) <= begin_b || begin_b + index_.size(key_, b, i) <= begin_a)
        return false;
    }
    return true;
  }

  std::optional<Pair> compare_all(const Part& part) {
    for (std::size_t i = part.begin; i < part.end; ++i) {
      for (std::size_t j = part.begin; j < i; ++j) {
        if (share(boxes_[i], boxes_[j])) return Pair(std::minmax(boxes_[i], boxes_[j]));
      }
      if ((steps_ += i - part.begin) > kMostSteps) return std::nullopt;
    }
    return std::nullopt;
  }

  const Index& index_;
  const Key& key_;
  std::vector<std::uint32_t> boxes_;
  std::uint64_t steps_ = 0;
};

}  // namespace

std::string begin_text(const Index& index, const Key& key, std::uint64_t chunk) {
  return text_of(index, key, chunk, false);
}

std::optional<Problem> problem_of_chunks(const Index& index, const Key& key) {
  if (!key.problem.empty()) return Problem{key.code, key.problem};
  std::uint64_t whole = 1;
  for (const std::uint64_t dimension : key.shape) whole *= dimension;
  std::vector<std::uint32_t> boxes;
  std::optional<std::uint64_t> sum = 0;
  for (std::uint64_t chunk = 0; chunk < key.count; ++chunk) {
    const auto volume = volume_of(index, key, chunk);
    if (!volume) {
      return Problem{Code::shape, "its chunk at " + text_of(index, key, chunk, false) + " of the size " +
                                      text_of(index, key, chunk, true) + " is not inside of " +
                                      to_string(key.shape)};
    }
    if (!index.item(key, chunk)) {
      return Problem{Code::missing, "its chunk at " + text_of(index, key, chunk, false) +
                                        " is in no file: the index has no entry for it"};
    }
    if (*volume == 0) continue;
    if (sum) sum = checked_add(*sum, *volume);
    boxes.push_back(static_cast<std::uint32_t>(chunk));
  }
  OverlapSearch search(index, key);
  if (const auto pair = search.run(std::move(boxes))) {
    return Problem{Code::overlap, "its chunks at " + text_of(index, key, pair->first, false) + " and " +
                                      text_of(index, key, pair->second, false) + " share elements"};
  }
  if (search.is_spent())
    return Problem{Code::unsupported, "its chunks are cut in a way that takes too long to look through"};
  if (sum != whole) {
    return Problem{Code::missing, "its chunks have " + with_thousands(sum.value_or(UINT64_MAX)) + " of its " +
                                      plural(whole, "element")};
  }
  return std::nullopt;
}

}  // namespace aerotool::dcp

#include "formats/ztensor/write/canonical_check.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "formats/ztensor/write/manifest_2.hpp"
#include "formats/ztensor/write/written_objects.hpp"

namespace aerotool::ztensor {
namespace {

/// The object and the role that a tensor is.
std::pair<std::string_view, std::string_view> name_of(const TensorTable& table,
                                                      const ObjectsOfTensors& objects, std::size_t tensor) {
  const Object* const object = objects.of(tensor);
  if (object == nullptr) return {table.tensors[tensor].name, kData};
  return {object->name, std::ranges::find(object->parts, tensor, &Object::Part::tensor)->role};
}

/// Where our writer would put each tensor; nothing where that is no place.
std::optional<std::vector<std::uint64_t>> canonical_offsets(const TensorTable& table,
                                                            const ObjectsOfTensors& objects,
                                                            std::uint64_t& end) {
  const std::size_t count = table.tensors.size();
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::ranges::sort(order, {}, [&](std::uint32_t tensor) { return name_of(table, objects, tensor); });
  std::vector<std::uint32_t> place(count);  // in that order
  for (std::uint32_t i = 0; i < count; ++i) place[order[i]] = i;
  // The first of those of equal bytes comes first.
  std::vector<std::uint32_t> by_content(count);
  std::iota(by_content.begin(), by_content.end(), std::uint32_t{0});
  const auto content = [&](std::uint32_t tensor) {
    return std::tuple(table.tensors[tensor].size, hash::number_of(table.checksums.at(tensor)));
  };
  std::ranges::sort(by_content, {},
                    [&](std::uint32_t tensor) { return std::tuple(content(tensor), place[tensor]); });
  std::vector<std::uint32_t> shared(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t tensor = by_content[i];
    const bool is_first = i == 0 || content(by_content[i - 1]) != content(tensor);
    shared[tensor] = is_first ? tensor : shared[by_content[i - 1]];
  }
  std::vector<std::uint64_t> offsets(count);
  end = kCanonicalAlignment;
  for (const std::uint32_t tensor : order) {
    if (shared[tensor] != tensor) {
      offsets[tensor] = offsets[shared[tensor]];
      continue;
    }
    const auto begin = checked_align(end, kCanonicalAlignment);
    const auto next = begin ? checked_add(*begin, table.tensors[tensor].size) : std::nullopt;
    if (!next) return std::nullopt;
    offsets[tensor] = *begin;
    end = *next;
  }
  end = checked_align(end, kCanonicalAlignment).value_or(0);
  return offsets;
}

/// Compares the index with what it should be, piece by piece.
class Comparison {
 public:
  explicit Comparison(ByteSpan manifest) : manifest_(manifest) {}

  std::string& piece() { return piece_; }
  /// False where the piece is not what stands there.
  bool compare() {
    const bool is_alike = range_fits(position_, piece_.size(), manifest_.size()) &&
                          std::ranges::equal(bytes_of(piece_), manifest_.subspan(position_, piece_.size()));
    position_ += piece_.size();
    piece_.clear();
    return is_alike;
  }
  bool is_at_end() const { return position_ == manifest_.size(); }

 private:
  ByteSpan manifest_;
  std::string piece_;
  std::uint64_t position_ = 0;
};

bool has_usual_parts(const TensorTable& table) {
  for (std::size_t i = 0; i < table.parts.size(); ++i) {
    const auto checksum = table.checksum(i);
    if (table.parts[i].file != 0 || table.parts[i].encoding != Encoding::raw || !checksum ||
        checksum->algorithm != hash::Algorithm::xxh3)
      return false;
  }
  return true;
}

}  // namespace

bool is_canonical(const TensorTable& table, const Container& container, ByteSpan manifest,
                  const std::optional<Metadata>& attributes) {
  if (container.version != Version::v2 || !has_usual_parts(table)) return false;
  const ObjectsOfTensors lookup(table.objects, table.tensors.size());
  std::uint64_t end = 0;
  const auto offsets = canonical_offsets(table, lookup, end);
  if (!offsets || end != container.manifest_offset) return false;
  std::uint64_t objects = table.tensors.size() + table.objects.size();
  for (const Object& object : table.objects) objects -= object.parts.size();
  Comparison comparison(manifest);
  begin_manifest_2(comparison.piece(), objects, attributes.has_value());
  const auto tensor_at = [&](std::size_t tensor) -> const Tensor& { return table.tensors[tensor]; };
  // The tensors are in the order of the index, and so are the objects.
  for (std::size_t tensor = 0; tensor < table.tensors.size(); ++tensor) {
    const Object* const object = lookup.of(tensor);
    if (object != nullptr && object->parts.front().tensor != tensor) continue;
    const auto written = object != nullptr ? written_object(*object, tensor_at, Version::v2)
                                           : written_tensor(table.tensors[tensor], tensor, Version::v2);
    if (!written) return false;
    append_object_2(comparison.piece(), *written, [&](std::size_t part) {
      const std::size_t stored = written->parts[part].tensor;
      return PlacedPart{.offset = (*offsets)[stored],
                        .length = table.tensors[stored].size,
                        .digest = hash::to_string(table.checksums.at(stored))};
    });
    if (!comparison.compare()) return false;
  }
  end_manifest_2(comparison.piece(), attributes);
  return comparison.compare() && comparison.is_at_end();
}

}  // namespace aerotool::ztensor

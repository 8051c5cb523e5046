#include "model/value_scan.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/text.hpp"

namespace aerotool {
namespace {

/// "3 elements are NaN, the first is element 17"
std::string counted(std::uint64_t count, std::string_view unit, bool blocks, std::string_view what,
                    std::uint64_t first) {
  const std::string_view is = count == 1 ? (blocks ? " has a scale that is " : " is ")
                                         : (blocks ? " have a scale that is " : " are ");
  return plural(count, unit) + std::string(is) + std::string(what) + ", the first is " + std::string(unit) +
         " " + std::to_string(first);
}

}  // namespace

ValueScan::ValueScan(std::span<const Tensor> tensors) : tensors_(tensors), tallies_(tensors.size()) {}

void ValueScan::visit(io::Region& region, std::uint64_t start, std::span<const std::uint32_t> tensors) {
  std::vector<std::uint64_t> begins;
  begins.reserve(tensors.size());
  for (const std::uint32_t i : tensors) begins.push_back(tensors_[i].offset - start);
  visit(region, begins, tensors);
}

void ValueScan::visit(io::Region& region, std::span<const std::uint64_t> begins,
                      std::span<const std::uint32_t> tensors) {
  std::vector<Place> places;
  const DType* last = nullptr;  // most tensors have the dtype of the one before
  const ValueRule* rule = nullptr;
  for (std::size_t at = 0; at < tensors.size(); ++at) {
    const std::uint32_t i = tensors[at];
    const Tensor& tensor = tensors_[i];
    if (last == nullptr || *last != tensor.dtype) {
      last = &tensor.dtype;
      rule = value_rule(tensor.dtype);
    }
    if (rule != nullptr && tensor.size != 0) places.push_back({begins[at], tensor.size, i, rule});
  }
  region.visit = [this, &region, places = std::move(places)](std::uint64_t begin, ByteSpan bytes) {
    auto place = std::partition_point(places.begin(), places.end(),
                                      [&](const Place& p) { return p.begin + p.size <= begin; });
    for (; place != places.end() && place->begin < begin + bytes.size(); ++place)
      look(*place, region.read, begin, bytes);
  };
}

void ValueScan::look(const Place& place, const io::ReadAt& read, std::uint64_t begin, ByteSpan bytes) {
  const std::size_t unit = place.rule->unit_bytes;
  const std::uint64_t end = std::min(begin + bytes.size(), place.begin + place.size) - place.begin;
  const std::uint64_t from = begin > place.begin ? begin - place.begin : 0;
  // Units that begin here; the last may end behind these bytes.
  const std::uint64_t first = (from + unit - 1) / unit;
  const std::uint64_t after = std::min((end + unit - 1) / unit, place.size / unit);
  const std::uint64_t whole = std::min(end / unit, after);
  ValueCounts counts;
  if (whole > first) {
    const std::uint64_t at = place.begin + first * unit - begin;
    place.rule->count(bytes.subspan(at, (whole - first) * unit), first, counts);
  }
  if (after > std::max(whole, first)) {
    std::array<std::byte, ValueRule::kMaxUnitBytes> cut{};
    const auto one = std::span(cut).first(unit);
    read(place.begin + (after - 1) * unit, one);
    place.rule->count(one, after - 1, counts);
  }
  const std::lock_guard lock(mutex_);
  Tally& tally = tallies_[place.tensor];
  tally.counts.add(counts);
  tally.units += after - std::min(first, after);
}

void ValueScan::tell(const std::string& path, Report& report, ValueFindings& findings) const {
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    const Tensor& tensor = tensors_[i];
    const ValueRule* rule = value_rule(tensor.dtype);
    // Of one that cannot be read nothing is known.
    if (rule == nullptr || tallies_[i].units != tensor.size / rule->unit_bytes) continue;
    ++findings.tensors;
    if (tensor.size == 0) continue;
    const ValueCounts& counts = tallies_[i].counts;
    if (counts.nan == 0 && counts.infinite == 0 && !counts.all_zero) continue;
    const std::string_view unit = rule->blocks ? "block" : "element";
    const Where where{path, {}, tensor.name};
    if (counts.nan != 0)
      report.fault(Code::nan, where, counted(counts.nan, unit, rule->blocks, "NaN", counts.first_nan));
    if (counts.infinite != 0) {
      report.warning(Code::infinite, where,
                     counted(counts.infinite, unit, rule->blocks, "infinite", counts.first_infinite));
    }
    if (counts.all_zero) {
      report.warning(Code::zero, where,
                     "all of its " + std::string(rule->blocks ? "blocks" : "elements") + " are zero");
    }
    findings.found.push_back({tensor.name, path, unit, counts});
  }
}

}  // namespace aerotool

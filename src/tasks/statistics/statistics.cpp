#include "tasks/statistics/statistics.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "codecs/small_types.hpp"
#include "io/pipeline.hpp"
#include "tasks/compare/checked_reader.hpp"

namespace aerotool::tasks {
namespace {

// A region takes as much memory as a tensor does.
constexpr std::size_t kRegionsAtOnce = std::size_t{1} << 14;
// A tensor may cost 512 bytes, and is described besides.
static_assert(sizeof(InOrder<NumberSummary>) <= 320);

std::optional<NumberBlocks> blocks_of(const Tensor& tensor) {
  if (tensor.dtype.code() == DTypeCode::boolean) return std::nullopt;
  return number_blocks(tensor, true);
}

bool is_complex(const DType& dtype) {
  return dtype.is_packed() && dtype.packed().codec == small_types::kCodec && dtype.name().starts_with('C');
}

}  // namespace

std::string why_no_statistics(const Tensor& tensor) {
  if (blocks_of(tensor)) return {};
  if (tensor.dtype.code() == DTypeCode::boolean) return "truth values";
  if (is_complex(tensor.dtype)) return "complex numbers";
  return "not decoded";
}

Statistics::Statistics(const Model& model, const std::vector<std::size_t>& tensors, unsigned jobs,
                       const Listener& listener)
    : model_(model), tensors_(tensors), found_(tensors.size()) {
  std::vector<std::size_t> places;
  for (std::size_t place = 0; place < tensors.size(); ++place) {
    if (blocks_of(tensor(place))) places.push_back(place);
  }
  if (places.empty()) return;
  listener.follow({}, [&](io::Progress* progress) { read(places, jobs, progress); });
  model.require_unchanged();
}

const NumberSummary* Statistics::of(std::size_t place) const {
  return blocks_of(tensor(place)) ? &found_[place].total() : nullptr;
}

void Statistics::read(const std::vector<std::size_t>& places, unsigned jobs, io::Progress* progress) {
  std::vector<std::size_t> numbers;
  numbers.reserve(places.size());
  for (const std::size_t place : places) numbers.push_back(tensors_[place]);
  const ComparedModel plain(model_, false, nullptr);
  CheckedReader reader(plain, numbers);
  std::vector<io::Region> others = reader.other_regions();
  for (const std::size_t place : places) progress->total += tensor(place).size;
  for (const io::Region& region : others) progress->total += region.length;
  progress->total += reader.files_size();
  reader.expect_reads();
  const unsigned jobs_of_tensors = jobs_for_reading(model_, jobs);
  for (std::size_t first = 0; first < places.size(); first += kRegionsAtOnce) {
    std::vector<io::Region> regions(std::min(kRegionsAtOnce, places.size() - first));
    for (std::size_t i = 0; i < regions.size(); ++i) {
      io::Region& region = regions[i];
      const std::size_t number = first + i;
      const std::size_t place = places[number];
      region.length = tensor(place).size;
      region.unit = blocks_of(tensor(place))->bytes();
      region.read = [&reader, number](std::uint64_t offset, std::span<std::byte> out) {
        reader.read(number, offset, out);
      };
      region.visit = [this, place](std::uint64_t offset, ByteSpan bytes) { look(place, offset, bytes); };
    }
    io::run(regions, {.jobs = jobs_of_tensors, .progress = progress, .in_order = {}});
  }
  io::run(others, {.jobs = jobs, .progress = progress, .in_order = {}});
  reader.judge();
  reader.verify_files(jobs, progress);
}

void Statistics::look(std::size_t place, std::uint64_t offset, ByteSpan bytes) {
  const NumberSummary found = summarize(*blocks_of(tensor(place)), bytes);
  const std::lock_guard lock(mutex_);
  found_[place].add(offset, offset + bytes.size(), found);
}

}  // namespace aerotool::tasks

#include "tasks/compare/reading.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "core/parallel.hpp"
#include "io/interrupt.hpp"
#include "io/pipeline.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
// A region takes as much memory as a tensor does.
constexpr std::size_t kRegionsAtOnce = std::size_t{1} << 14;

ByteDifference compare_bytes(ByteSpan a, ByteSpan b, std::optional<NumberKind> kind) {
  ByteDifference found;
  if (std::memcmp(a.data(), b.data(), a.size()) == 0) return found;
  for (std::size_t i = 0; i < a.size(); ++i) found.changed += a[i] != b[i] ? 1 : 0;
  found.first = static_cast<std::uint64_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  if (kind) {
    const std::uint64_t element = found.first - found.first % width_of(*kind);
    found.bits_a = element_bits(*kind, a.subspan(element));
    found.bits_b = element_bits(*kind, b.subspan(element));
  }
  return found;
}

std::vector<std::size_t> numbers_of(const std::vector<Pair>& pairs, std::size_t Pair::*side) {
  std::vector<std::size_t> numbers;
  numbers.reserve(pairs.size());
  for (const Pair& pair : pairs) numbers.push_back(pair.*side);
  return numbers;
}

}  // namespace

Reading::Reading(const ComparedModel& a, const ComparedModel& b, const std::vector<Pair>& pairs,
                 const std::optional<ComparableNumbers>& numbers)
    : pairs_(pairs),
      comparable_(numbers),
      a_(a, numbers_of(pairs, &Pair::a)),
      b_(b, numbers_of(pairs, &Pair::b)),
      states_(pairs.size()),
      numbers_(numbers ? pairs.size() : 0) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    if (is_decoded(i)) continue;
    states_[i].bytes_too = same_form(a_.tensor(i), b_.tensor(i));
    // Codes and scales are no numbers of their own.
    if (numbers && pairs[i].whole == Pair::kNone) numbers_[i].blocks = numbers->of(pairs[i].a, pairs[i].b);
  }
}

void Reading::run(const CompareOptions& options) {
  std::vector<io::Region> others = a_.other_regions();
  for (io::Region& region : b_.other_regions()) others.push_back(std::move(region));
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (!pairs_[i].has_parts) places.push_back(i);
  }
  if (options.progress != nullptr) {
    for (const std::size_t i : places) {
      if (!is_decoded(i)) options.progress->total += length_of(i);
    }
    for (const io::Region& region : others) options.progress->total += region.length;
    options.progress->total += a_.files_size() + b_.files_size();
  }
  a_.expect_reads();
  b_.expect_reads();
  const unsigned jobs = jobs_for_reading(b_.model(), jobs_for_reading(a_.model(), options.jobs));
  run_all(places, jobs, options.progress);
  run_all(parts_that_differ(), jobs, options.progress);
  io::run(others, {.jobs = options.jobs, .progress = options.progress, .in_order = {}});
  a_.judge();
  b_.judge();
  a_.verify_files(options.jobs, options.progress);
  b_.verify_files(options.jobs, options.progress);
}

std::optional<TensorDifference> Reading::difference(std::size_t place) const {
  const Pair& pair = pairs_[place];
  const State& state = states_[place];
  if (pair.whole != Pair::kNone) return std::nullopt;
  if ((state.bytes_too || pair.has_parts) && state.bytes.changed == 0) return std::nullopt;
  TensorDifference difference;
  difference.kind =
      state.bytes_too || pair.has_parts ? TensorDifference::Kind::bytes : TensorDifference::Kind::form;
  difference.a = &a_.tensor(place);
  difference.b = &b_.tensor(place);
  difference.in_parts = is_decoded(place);
  difference.bytes = state.bytes;
  if (blocks_of(place)) difference.numeric = numbers_[place].found.total();
  return difference;
}

void Reading::run_all(const std::vector<std::size_t>& places, unsigned jobs, io::Progress* progress) {
  for (std::size_t first = 0; first < places.size(); first += kRegionsAtOnce) {
    const auto some = std::span(places).subspan(first, std::min(kRegionsAtOnce, places.size() - first));
    std::vector<std::size_t> decoded;
    std::ranges::copy_if(some, std::back_inserter(decoded), [this](std::size_t i) { return is_decoded(i); });
    for_each_parallel(decoded.size(), jobs,
                      [&](std::size_t i, const std::atomic<bool>&) { prepare(decoded[i]); });
    if (progress != nullptr) {
      for (const std::size_t i : decoded) progress->total += length_of(i);
    }
    std::vector<io::Region> regions(some.size());
    for (std::size_t k = 0; k < some.size(); ++k) {
      io::Region& region = regions[k];
      const std::size_t i = some[k];
      region.length = length_of(i);
      if (const auto blocks = blocks_of(i)) region.unit = blocks->unit_a();
      region.read = [this, i](std::uint64_t offset, std::span<std::byte> out) { a_.read(i, offset, out); };
      region.visit = [this, i](std::uint64_t offset, ByteSpan bytes) { look(i, offset, bytes); };
    }
    io::run(regions, {.jobs = jobs, .progress = progress, .in_order = {}});
  }
}

/// Looks at scales to know what the numbers of decoded weights are to be read as.
void Reading::prepare(std::size_t place) {
  io::check_interrupt();
  const auto blocks = comparable_->of(pairs_[place].a, pairs_[place].b);
  numbers_[place].blocks = blocks;
  if (a_.is_decoded(place)) a_.decode_as(place, blocks->a);
  if (b_.is_decoded(place)) b_.decode_as(place, blocks->b);
}

std::uint64_t Reading::length_of(std::size_t place) const {
  const Tensor& tensor = a_.tensor(place);
  if (!a_.is_decoded(place)) return tensor.size;
  return blocks_of(place)->a.bytes_of(element_count(tensor.shape).value_or(0));
}

std::vector<std::size_t> Reading::parts_that_differ() {
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (pairs_[i].whole != Pair::kNone) states_[pairs_[i].whole].bytes.changed += states_[i].bytes.changed;
  }
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (pairs_[i].has_parts && states_[i].bytes.changed != 0) places.push_back(i);
  }
  return places;
}

/// `bytes` stand at `offset` in the tensor of A.
void Reading::look(std::size_t place, std::uint64_t offset, ByteSpan bytes) {
  std::vector<std::byte> buffer = take_buffer();
  const std::optional<BothBlocks> blocks = blocks_of(place);
  // Where B's numbers take more bytes, they come in several steps.
  const std::size_t unit_a = blocks ? blocks->unit_a() : 1;
  const std::size_t unit_b = blocks ? blocks->unit_b() : 1;
  const std::size_t step = kBufferBytes / std::max(unit_a, unit_b) * unit_a;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    const ByteSpan run_a = bytes.subspan(at, std::min(step, bytes.size() - at));
    const auto in_b = [&](std::uint64_t in_a) {
      return blocks ? blocks->b.bytes_of(blocks->a.elements_of(in_a)) : in_a;
    };
    const std::span<std::byte> run_b = std::span(buffer).first(in_b(run_a.size()));
    b_.read(place, in_b(offset + at), run_b);
    look_at_run(place, offset + at, run_a, run_b);
  }
  const std::lock_guard lock(mutex_);
  buffers_.push_back(std::move(buffer));
}

/// One that no other thread has. Not thread_local: the C library ends the process where there is no memory
/// to register its destructor.
std::vector<std::byte> Reading::take_buffer() {
  {
    const std::lock_guard lock(mutex_);
    if (!buffers_.empty()) {
      std::vector<std::byte> buffer = std::move(buffers_.back());
      buffers_.pop_back();
      return buffer;
    }
  }
  return std::vector<std::byte>(kBufferBytes);
}

void Reading::look_at_run(std::size_t place, std::uint64_t offset, ByteSpan a, ByteSpan b) {
  State& state = states_[place];
  ByteDifference bytes;
  if (state.bytes_too) bytes = compare_bytes(a, b, number_kind(a_.tensor(place).dtype));
  std::optional<NumericDifference> numbers;
  if (const auto blocks = blocks_of(place))
    numbers = compare_numbers(blocks->a, a, blocks->b, b, blocks->a.elements_of(offset));
  const std::lock_guard lock(mutex_);
  if (bytes.changed != 0) {
    bytes.first += offset;
    bytes.changed += state.bytes.changed;
    const bool earlier = state.bytes.changed == 0 || bytes.first < state.bytes.first;
    if (earlier) {
      state.bytes = bytes;
    } else {
      state.bytes.changed = bytes.changed;
    }
  }
  if (numbers) numbers_[place].found.add(offset, offset + a.size(), *numbers);
}

}  // namespace aerotool::tasks

#include "model/gathered.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <iterator>
#include <utility>

#include "core/scratch.hpp"

namespace aerotool {
namespace {

// A read of its own takes as long as reading so many bytes more.
constexpr std::uint64_t kWorthOneRead = std::uint64_t{4} << 10;
constexpr std::uint64_t kMaxScratch = std::uint64_t{1} << 20;
// Runs of so many bytes are read where they go.
constexpr std::uint64_t kLongRun = std::uint64_t{64} << 10;
constexpr std::size_t kMaxBands = 4;
// A band is so many parts at most, which threads that wait for it fill, too.
constexpr std::uint64_t kMaxParts = 4;
// And has so many elements of the axis that is divided, at least.
constexpr std::uint64_t kLeastOfPart = 64;

}  // namespace

GatherSource gather_source(const io::Input& input, std::uint64_t offset) {
  GatherSource source;
  source.read = [&input, offset](std::uint64_t at, std::span<std::byte> out) {
    input.read(offset + at, out);
  };
  if (input.may_be_mapped()) {
    source.mapped = [&input, offset](std::uint64_t at, std::uint64_t length) -> std::optional<Bytes> {
      return input.view(offset + at, length);
    };
  }
  return source;
}

struct Gathered::Band {
  const Gathered* of = nullptr;
  std::uint64_t number = 0;
  unsigned users = 0;  // this and the next: guarded by the room's mutex
  bool is_read = false;
  std::mutex mutex;
  std::condition_variable ended;
  BoxAxes axes;  // in the order of their places
  std::uint64_t begin = 0;
  std::optional<Scratch<std::byte>> bytes;
  std::size_t size = 0;
  std::size_t divided = 0;  // the axis of which each part has some steps
  std::uint64_t parts = 0;  // 0: nobody has begun
  std::uint64_t begun = 0;
  std::uint64_t filled = 0;
  std::exception_ptr error;
};

struct Gathered::Room {
  std::mutex mutex;
  std::condition_variable released;
  std::deque<std::shared_ptr<Band>> recent;  // the last one that was used is the first
  // Bytes of bands that are gone: other threads would have theirs from other arenas of malloc, which keep
  // them.
  std::vector<Scratch<std::byte>> spare;

  /// From then on letting go of bands needs no memory.
  Room() { spare.reserve(kMaxBands); }

  /// Lets go of a band that nobody uses.
  void retire(Band& band) {
    if (band.bytes && spare.size() < kMaxBands) spare.push_back(*std::move(band.bytes));
    band.bytes.reset();
  }
};

std::shared_ptr<Gathered::Room> Gathered::make_room() {
  return std::make_shared<Room>();
}

/// Of a band that a thread is about to look at: bands that are in use stay, and there are never more than
/// kMaxBands.
class Gathered::Use {
 public:
  Use(const Gathered& gathered, std::shared_ptr<Band> band) : gathered_(gathered), band_(std::move(band)) {}
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use() {
    {
      const std::lock_guard lock(gathered_.room_->mutex);
      --band_->users;
    }
    gathered_.room_->released.notify_all();
  }

  std::span<const std::byte> filled() const {
    gathered_.fill(*band_);
    return band_->bytes->first(band_->size);
  }

 private:
  const Gathered& gathered_;
  std::shared_ptr<Band> band_;
};

Gathered::Gathered(GatheredElements elements, GatherSource source, std::shared_ptr<Room> room)
    : elements_(std::move(elements)), source_(std::move(source)), room_(std::move(room)) {
  count_ = 1;
  for (const std::uint64_t dimension : elements_.view.shape) count_ *= dimension;
  size_ = count_ * elements_.width;
  is_plain_ = is_row_major(elements_.view);
  if (count_ == 0) return;
  run_ = elements_in_a_run(elements_.view);
  plan_bands();
}

Gathered::~Gathered() {
  {
    const std::lock_guard lock(room_->mutex);
    for (const auto& band : room_->recent) {
      if (band->of == this) room_->retire(*band);
    }
    std::erase_if(room_->recent, [&](const auto& band) { return band->of == this; });
  }
  room_->released.notify_all();
}

void Gathered::plan_bands() {
  const Shape& shape = elements_.view.shape;
  const std::uint64_t most = std::max<std::uint64_t>(kGatheredAtOnce / elements_.width, 1);
  banded_ = shape.size();
  while (banded_ > 0 && behind_ * shape[banded_ - 1] <= most) behind_ *= shape[--banded_];
  if (banded_ == 0) return;  // all of it is one band
  --banded_;
  steps_ = std::max<std::uint64_t>(most / behind_, 1);
  bands_each_ = (shape[banded_] + steps_ - 1) / steps_;
}

std::uint64_t Gathered::band_begin(std::uint64_t band) const {
  const Shape& shape = elements_.view.shape;
  if (behind_ == count_) return 0;
  return band / bands_each_ * shape[banded_] * behind_ + band % bands_each_ * steps_ * behind_;
}

void Gathered::swap(std::span<std::byte> bytes) const {
  const auto swap_all = [&](auto width) {
    for (std::size_t at = 0; at + width <= bytes.size(); at += width)
      std::reverse(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                   bytes.begin() + static_cast<std::ptrdiff_t>(at + width));
  };
  switch (elements_.swapped) {
    case 1:
      return;
    case 2:
      return swap_all(std::integral_constant<std::size_t, 2>{});
    case 4:
      return swap_all(std::integral_constant<std::size_t, 4>{});
    case 8:
      return swap_all(std::integral_constant<std::size_t, 8>{});
    default:
      return swap_all(std::size_t{elements_.swapped});
  }
}

void Gathered::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (out.empty()) return;
  if (is_plain_) return read_plain(offset, out);
  if (elements_.swapped == 1 && run_ * elements_.width >= kLongRun) return read_runs(offset, out);
  while (!out.empty()) {
    const std::uint64_t element = offset / elements_.width;
    std::uint64_t number = 0;
    if (behind_ != count_) {
      const std::uint64_t each = elements_.view.shape[banded_] * behind_;
      number = element / each * bands_each_ + element % each / (steps_ * behind_);
    }
    bool is_first = false;
    std::size_t piece = 0;
    {
      const Use band(*this, band_of(number, is_first));
      const auto bytes = band.filled().subspan(offset - band_begin(number) * elements_.width);
      piece = std::min(out.size(), bytes.size());
      std::memcpy(out.data(), bytes.data(), piece);
    }
    if (is_first) fill_ahead(number + 1);
    offset += piece;
    out = out.subspan(piece);
  }
}

/// One run, whose bytes have to be swapped: whole elements where they go, others by way of one.
void Gathered::read_plain(std::uint64_t offset, std::span<std::byte> out) const {
  const std::uint64_t begin = elements_.view.begin * elements_.width;
  const std::uint64_t width = elements_.swapped;
  std::array<std::byte, 16> one{};
  while (!out.empty()) {
    const std::uint64_t inside = offset % width;
    if (inside == 0 && out.size() >= width) {
      const auto whole = out.first(out.size() / width * width);
      source_.read(begin + offset, whole);
      swap(whole);
      offset += whole.size();
      out = out.subspan(whole.size());
      continue;
    }
    const auto element = std::span(one).first(width);
    source_.read(begin + offset - inside, element);
    std::ranges::reverse(element);
    const auto piece = std::min<std::uint64_t>(out.size(), width - inside);
    std::memcpy(out.data(), element.data() + inside, piece);
    offset += piece;
    out = out.subspan(piece);
  }
}

void Gathered::read_runs(std::uint64_t offset, std::span<std::byte> out) const {
  const std::uint64_t width = elements_.width;
  while (!out.empty()) {
    const std::uint64_t element = offset / width;
    const std::uint64_t inside = offset % (run_ * width);
    const std::uint64_t from = element_at(elements_.view, element - element % run_) * width + inside;
    const auto piece = out.first(std::min<std::uint64_t>(out.size(), run_ * width - inside));
    source_.read(from, piece);
    offset += piece.size();
    out = out.subspan(piece.size());
  }
}

std::shared_ptr<Gathered::Band> Gathered::known_band(std::uint64_t number) const {
  auto& recent = room_->recent;
  const auto known = std::ranges::find_if(
      recent, [&](const auto& band) { return band->of == this && band->number == number; });
  if (known == recent.end()) return {};
  std::rotate(recent.begin(), known, known + 1);
  return recent.front();
}

std::shared_ptr<Gathered::Band> Gathered::new_band(std::uint64_t number) const {
  auto& recent = room_->recent;
  if (recent.size() >= kMaxBands) {
    const auto unused =
        std::ranges::find(recent.rbegin(), recent.rend(), 0U, [](const auto& band) { return band->users; });
    if (unused == recent.rend()) return {};
    room_->retire(**unused);
    recent.erase(std::next(unused).base());
  }
  auto band = std::make_shared<Band>();
  band->of = this;
  band->number = number;
  return recent.emplace_front(std::move(band));
}

std::shared_ptr<Gathered::Band> Gathered::band_of(std::uint64_t number, bool& is_first) const {
  std::unique_lock lock(room_->mutex);
  for (;;) {
    auto band = known_band(number);
    if (!band) band = new_band(number);
    if (band) {
      ++band->users;
      is_first = !std::exchange(band->is_read, true);
      return band;
    }
    room_->released.wait(lock);
  }
}

void Gathered::fill_ahead(std::uint64_t number) const {
  if (number < 2 || band_begin(number) >= count_) return;
  std::shared_ptr<Band> band;
  {
    const std::lock_guard lock(room_->mutex);
    const bool reads_on = known_band(number - 2) != nullptr;
    if (!reads_on || known_band(number) || !(band = new_band(number))) return;
    ++band->users;
  }
  static_cast<void>(Use(*this, std::move(band)).filled());
}

void Gathered::fill(Band& band) const {
  std::unique_lock lock(band.mutex);
  if (band.parts == 0) prepare(band);
  while (band.begun < band.parts && !band.error) {
    const std::uint64_t part = band.begun++;
    lock.unlock();
    std::exception_ptr error;
    try {
      fill_part(band, part);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    if (error) {
      band.error = error;
      forget(band);
    }
    if (++band.filled == band.parts) swap(band.bytes->first(band.size));
    if (error || band.filled == band.parts) band.ended.notify_all();
  }
  band.ended.wait(lock, [&] { return band.error || band.filled == band.parts; });
  if (band.error) std::rethrow_exception(band.error);
}

/// The next to read it tries anew.
void Gathered::forget(const Band& band) const {
  const std::lock_guard lock(room_->mutex);
  std::erase_if(room_->recent, [&](const auto& known) { return known.get() == &band; });
}

void Gathered::prepare(Band& band) const {
  const StridedView& view = elements_.view;
  band.axes.clear();
  std::uint64_t count = 1;
  const auto add = [&](std::size_t dimension, std::uint64_t extent, std::uint64_t place) {
    count *= extent;
    if (extent != 1) band.axes.push_back({extent, view.strides[dimension], place});
  };
  std::uint64_t place = behind_;
  if (behind_ == count_) {
    for (std::size_t i = 0; i < view.shape.size(); ++i) add(i, view.shape[i], place /= view.shape[i]);
  } else {
    const std::uint64_t step = band.number % bands_each_ * steps_;
    add(banded_, std::min(steps_, view.shape[banded_] - step), place);
    for (std::size_t i = banded_ + 1; i < view.shape.size(); ++i)
      add(i, view.shape[i], place /= view.shape[i]);
  }
  band.begin = element_at(view, band_begin(band.number));
  band.size = static_cast<std::size_t>(count * elements_.width);
  take_room(band);
  std::uint64_t parts = 1;
  // What is read is read once: a part of it would have to read nearly all.
  if (!band.axes.empty() && mapping()) {
    const auto nearest = std::ranges::min_element(
        band.axes, {}, [](const BoxAxis& axis) { return magnitude_of(axis.stride); });
    auto widest = band.axes.end();
    for (auto axis = band.axes.begin(); axis != band.axes.end(); ++axis) {
      if (axis != nearest && (widest == band.axes.end() || axis->extent > widest->extent)) widest = axis;
    }
    if (widest != band.axes.end()) {
      band.divided = static_cast<std::size_t>(widest - band.axes.begin());
      parts = std::clamp<std::uint64_t>(widest->extent / kLeastOfPart, 1, kMaxParts);
    }
  }
  band.parts = parts;
}

void Gathered::take_room(Band& band) const {
  if (band.size <= kGatheredAtOnce) {
    const std::lock_guard lock(room_->mutex);
    if (!room_->spare.empty()) {
      band.bytes = std::move(room_->spare.back());
      room_->spare.pop_back();
      return;
    }
  }
  band.bytes.emplace(std::max<std::size_t>(band.size, kGatheredAtOnce));
}

void Gathered::fill_part(Band& band, std::uint64_t part) const {
  BoxAxes axes = band.axes;
  std::uint64_t begin = band.begin;
  std::span<std::byte> out = band.bytes->first(band.size);
  if (band.parts > 1) {
    BoxAxis& axis = axes[band.divided];
    const std::uint64_t each = axis.extent / band.parts;
    const std::uint64_t first = part * each;
    // A negative stride wraps around, and the sum wraps back.
    begin += first * static_cast<std::uint64_t>(axis.stride);
    out = out.subspan(first * axis.place * elements_.width);
    axis.extent = part + 1 == band.parts ? axis.extent - first : each;
  }
  gather(std::move(axes), begin, out);
}

std::optional<Bytes> Gathered::mapping() const {
  if (!source_.mapped) return {};
  const std::lock_guard lock(mutex_);
  if (!asked_for_mapping_) {
    const auto reach = reach_of(elements_.view);
    if (reach) mapping_ = source_.mapped(0, reach->end * elements_.width);
    asked_for_mapping_ = true;
  }
  return mapping_;
}

/// Fills a box from the element `begin` of the storage on.
void Gathered::gather(BoxAxes axes, std::uint64_t begin, std::span<std::byte> out) const {
  const std::uint64_t width = elements_.width;
  if (const auto bytes = mapping())
    return copy_box(axes, elements_.width, bytes->view.data() + begin * width, out.data());
  // In the order of the storage: the steps that are shortest are the innermost.
  std::ranges::stable_sort(axes, std::ranges::greater{},
                           [](const BoxAxis& axis) { return magnitude_of(axis.stride); });
  // So many of the last ones are read as one slab, with what lies between them.
  std::uint64_t span = 1;
  std::size_t slab = axes.size();
  while (slab > 0) {
    const BoxAxis& axis = axes[slab - 1];
    const std::uint64_t stride = magnitude_of(axis.stride);
    const std::uint64_t next = (axis.extent - 1) * stride + span;
    const std::uint64_t gap = stride > span ? stride - span : 0;
    if (next * width > kMaxScratch || gap * width > kWorthOneRead) break;
    span = next;
    --slab;
  }
  // Of the one before as many steps as fit.
  std::uint64_t steps = 1;
  if (slab > 0) {
    const std::uint64_t stride = magnitude_of(axes[slab - 1].stride);
    const std::uint64_t gap = stride > span ? stride - span : 0;
    if (gap * width <= kWorthOneRead && kMaxScratch / width > span && stride != 0)
      steps = std::clamp<std::uint64_t>((kMaxScratch / width - span) / stride + 1, 1, axes[slab - 1].extent);
  }
  std::vector<std::byte> scratch;
  Odometer outer(slab);
  const auto extent = [&](std::size_t i) {
    return i + 1 == slab ? (axes[i].extent + steps - 1) / steps : axes[i].extent;
  };
  do {
    std::uint64_t from = begin;
    std::uint64_t to = 0;
    BoxAxes inner(axes.begin() + static_cast<std::ptrdiff_t>(slab), axes.end());
    for (std::size_t i = 0; i < slab; ++i) {
      const std::uint64_t step = outer.at(i) * (i + 1 == slab ? steps : 1);
      // A negative stride wraps around, and the sum wraps back.
      from += step * static_cast<std::uint64_t>(axes[i].stride);
      to += step * axes[i].place;
      if (i + 1 == slab && steps > 1)
        inner.push_back({std::min(steps, axes[i].extent - step), axes[i].stride, axes[i].place});
    }
    gather_slab(inner, from, out.subspan(to * width), scratch);
  } while (outer.next(extent));
}

void Gathered::gather_slab(const BoxAxes& axes, std::uint64_t begin, std::span<std::byte> out,
                           std::vector<std::byte>& scratch) const {
  std::uint64_t first = begin;
  std::uint64_t last = begin;
  for (const BoxAxis& axis : axes) {
    const std::uint64_t way = (axis.extent - 1) * magnitude_of(axis.stride);
    axis.stride < 0 ? first -= way : last += way;
  }
  const std::uint64_t width = elements_.width;
  scratch.resize((last - first + 1) * width);
  source_.read(first * width, scratch);
  copy_box(axes, elements_.width, scratch.data() + (begin - first) * width, out.data());
}

}  // namespace aerotool

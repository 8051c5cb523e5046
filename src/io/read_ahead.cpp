#include "io/read_ahead.hpp"

#include <algorithm>
#include <bitset>
#include <iterator>
#include <map>
#include <numeric>
#include <utility>

#include "core/checked.hpp"
#include "io/interrupt.hpp"

namespace aerotool::io {
namespace {

constexpr std::uint64_t kMostOfWindow = WindowBuffers::kBytes;
/// Runs that lie so close to each other come together, with what lies between.
constexpr std::uint64_t kGap = std::uint64_t{64} << 10;
/// Windows that are fetched ahead of the one that is read, and threads that fetch them.
constexpr std::size_t kAhead = 3;
/// Of windows that were not read to their end.
constexpr std::size_t kMostWindows = 8;
/// What lies in more pieces than that is not fetched ahead.
constexpr std::size_t kMostPlanned = std::size_t{1} << 18;
/// Of this size is what counts as read or not.
constexpr std::uint64_t kUnit = std::uint64_t{64} << 10;

/// Bytes that were asked for already, and are not to be fetched twice.
class Covered {
 public:
  /// The parts of a run that were not there, which are there afterwards.
  std::vector<ByteRange> add(ByteRange run) {
    std::vector<ByteRange> fresh;
    auto next = runs_.upper_bound(run.begin);
    if (next != runs_.begin() && std::prev(next)->second >= run.begin) --next;
    std::uint64_t reached = run.begin;
    ByteRange all = run;
    while (next != runs_.end() && next->first <= run.end) {
      if (next->first > reached) fresh.push_back({reached, next->first});
      reached = std::max(reached, next->second);
      all = {std::min(all.begin, next->first), std::max(all.end, next->second)};
      next = runs_.erase(next);
    }
    if (reached < run.end) fresh.push_back({reached, run.end});
    runs_.emplace(all.begin, all.end);
    return fresh;
  }

 private:
  std::map<std::uint64_t, std::uint64_t> runs_;
};

/// The runs as windows. `unit`: all begin and end at multiples of it, or at `size`.
std::vector<ByteRange> plan_of(std::span<const ByteRange> runs, std::uint64_t unit, std::uint64_t size) {
  std::vector<ByteRange> joined;
  for (ByteRange run : runs) {
    if (run.begin >= run.end || run.end > size) continue;
    run = {run.begin / unit * unit, std::min(align_up(run.end, unit), size)};
    const bool goes_on =
        !joined.empty() && run.begin >= joined.back().begin && run.begin <= joined.back().end + kGap;
    if (goes_on) {
      joined.back().end = std::max(joined.back().end, run.end);
    } else {
      joined.push_back(run);
    }
    if (joined.size() > kMostPlanned) return {};
  }
  Covered covered;
  std::vector<ByteRange> plan;
  for (const ByteRange& run : joined) {
    for (const ByteRange& fresh : covered.add(run)) {
      for (std::uint64_t begin = fresh.begin; begin < fresh.end; begin += kMostOfWindow)
        plan.push_back({begin, std::min(begin + kMostOfWindow, fresh.end)});
    }
    if (plan.size() > kMostPlanned) return {};
  }
  return plan;
}

}  // namespace

/// A run of bytes that one request fetches.
struct ReadAhead::Window {
  ByteRange range;
  WindowBuffers::Buffer bytes;
  std::uint64_t arrived = 0;  ///< bytes of them
  bool is_being_fetched = true;
  std::exception_ptr failure = {};
  std::size_t users = 0;  ///< threads that copy from it
  std::bitset<kMostOfWindow / kUnit + 1> read = {};
  bool is_planned = false;

  std::uint64_t length() const { return range.end - range.begin; }
  std::span<std::byte> there() const { return {bytes.get(), static_cast<std::size_t>(arrived)}; }
  bool is_read() const { return read.count() == (length() + kUnit - 1) / kUnit; }
  void note_read(std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t unit = begin / kUnit; unit * kUnit < end; ++unit) {
      if (std::min((unit + 1) * kUnit, length()) <= end) read.set(static_cast<std::size_t>(unit));
    }
  }
};

ReadAhead::ReadAhead(std::shared_ptr<RemoteFile> file, std::shared_ptr<BlockCache> cache,
                     std::shared_ptr<WindowBuffers> buffers, bool keeps_all)
    : file_(std::move(file)), cache_(std::move(cache)), buffers_(std::move(buffers)), keeps_all_(keeps_all) {}

ReadAhead::~ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    work_.notify_all();
  }
  helpers_.join();
  for (Window& window : windows_) buffers_->give_back(std::move(window.bytes));
}

void ReadAhead::expect(std::span<const ByteRange> runs) {
  std::vector<ByteRange> plan = plan_of(runs, keeps_all_ ? BlockCache::kBlockBytes : 1, file_->size());
  std::vector<std::size_t> by_offset(plan.size());
  std::iota(by_offset.begin(), by_offset.end(), std::size_t{0});
  std::ranges::sort(by_offset, {}, [&](std::size_t number) { return plan[number].begin; });
  const std::lock_guard lock(mutex_);
  plan_ = std::move(plan);
  by_offset_ = std::move(by_offset);
  begun_.assign(plan_.size(), false);
  reached_.reset();
  close_idle(0);
}

std::optional<std::size_t> ReadAhead::planned_at(std::uint64_t offset) const {
  const auto after = std::ranges::upper_bound(by_offset_, offset, {},
                                              [&](std::size_t number) { return plan_[number].begin; });
  if (after == by_offset_.begin()) return std::nullopt;
  const std::size_t number = *std::prev(after);
  if (offset >= plan_[number].end) return std::nullopt;
  return number;
}

bool ReadAhead::is_awaited(std::uint64_t offset) const {
  const std::lock_guard lock(mutex_);
  const auto is_at = [&](const ByteRange& range) { return range.begin <= offset && offset <= range.end; };
  return planned_at(offset) || std::ranges::any_of(before_, is_at) ||
         std::ranges::any_of(windows_, is_at, &Window::range);
}

std::size_t ReadAhead::read(std::uint64_t offset, std::span<std::byte> out) {
  Lock lock(mutex_);
  if (const auto number = planned_at(offset); number && number != reached_) {
    reached_ = number;
    start_helpers();
    work_.notify_all();
  }
  for (;;) {
    const auto window = window_at(offset);
    if (window == windows_.end()) {
      if (failure_) std::rethrow_exception(failure_);
      fetch(open_window(offset, out.size()), lock);
      continue;
    }
    const std::uint64_t at = offset - window->range.begin;
    if (at < window->arrived) {
      const auto there = window->there().subspan(at);
      const auto piece = out.first(std::min(there.size(), out.size()));
      take_from(window, offset, piece, lock);
      return piece.size();
    }
    if (window->failure) {
      failure_ = window->failure;
      if (window->users == 0) close(window);
      std::rethrow_exception(failure_);
    }
    ++readers_waiting_;
    arrived_.wait(lock);
    --readers_waiting_;
  }
}

void ReadAhead::take_from(Windows::iterator window, std::uint64_t offset, std::span<std::byte> out,
                          Lock& lock) {
  const std::uint64_t at = offset - window->range.begin;
  const auto piece = window->there().subspan(at, out.size());
  ++window->users;
  lock.unlock();
  std::ranges::copy(piece, out.begin());
  lock.lock();
  --window->users;
  window->note_read(at, at + out.size());
  close_if_read(window);
}

void ReadAhead::close_if_read(Windows::iterator window) {
  if (window->users != 0 || window->is_being_fetched || !window->is_read()) return;
  if (!window->is_planned) {
    before_.push_front(window->range);
    if (before_.size() > kMostWindows) before_.pop_back();
  }
  close(window);
  work_.notify_one();
}

ReadAhead::Windows::iterator ReadAhead::window_at(std::uint64_t offset) {
  return std::ranges::find_if(windows_, [&](const Window& window) {
    return window.range.begin <= offset && offset < window.range.end;
  });
}

ByteRange ReadAhead::unplanned(std::uint64_t offset, std::uint64_t wanted) const {
  // Only whole blocks are kept.
  const std::uint64_t unit = keeps_all_ ? BlockCache::kBlockBytes : 1;
  const std::uint64_t begin = offset / unit * unit;
  std::uint64_t length = offset + wanted - begin;
  // A reader that goes on is likely to go on.
  const auto goes_on_from = [&](const ByteRange& before) {
    if (before.end == begin) length = std::max(length, 2 * (before.end - before.begin));
  };
  std::ranges::for_each(before_, goes_on_from);
  for (const Window& window : windows_) {
    if (!window.is_planned) goes_on_from(window.range);
  }
  std::uint64_t end =
      std::min(align_up(begin + std::min(length, kMostOfWindow - unit + 1), unit), file_->size());
  for (const Window& behind : windows_) {
    if (behind.range.begin > begin) end = std::min(end, behind.range.begin);
  }
  return {begin, end};
}

ReadAhead::Windows::iterator ReadAhead::open_window(std::uint64_t offset, std::uint64_t wanted) {
  if (buffers_->is_short()) close_idle(0, true);
  close_idle(kMostWindows - 1);
  const auto number = planned_at(offset);
  if (number && !begun_[*number]) {
    const auto window = open_planned(*number, buffers_->take());
    if (window != windows_.end()) return window;
  }
  // Of the plan, but it has been dropped since, or the cache has lost it.
  if (number) wanted = std::min(wanted, plan_[*number].end - offset);
  const ByteRange range = unplanned(offset, wanted);
  windows_.push_front({.range = range, .bytes = buffers_->take()});
  return windows_.begin();
}

ReadAhead::Windows::iterator ReadAhead::open_planned(std::size_t number, WindowBuffers::Buffer buffer) {
  begun_[number] = true;
  const ByteRange range = plan_[number];
  const auto missing = cache_->missing(range.begin, range.end - range.begin);
  if (missing.empty()) {
    buffers_->give_back(std::move(buffer));
    return windows_.end();
  }
  const std::uint64_t end = missing.back().offset + missing.back().length;
  windows_.push_front({.range = {std::max(range.begin, missing.front().offset), std::min(range.end, end)},
                       .bytes = std::move(buffer),
                       .is_planned = true});
  return windows_.begin();
}

void ReadAhead::close_idle(std::size_t most, bool keeps_planned) {
  for (auto last = windows_.end(); windows_.size() > most && last != windows_.begin();) {
    --last;
    if (last->is_being_fetched || last->users != 0 || (keeps_planned && last->is_planned)) continue;
    const auto idle = last++;
    close(idle);
  }
}

void ReadAhead::close(Windows::iterator window) {
  buffers_->give_back(std::move(window->bytes));
  windows_.erase(window);
}

void ReadAhead::fetch(Windows::iterator window, Lock& lock) {
  const ByteRange range = window->range;
  const std::span<std::byte> buffer(window->bytes.get(), window->length());
  lock.unlock();
  std::exception_ptr failure;
  try {
    const auto sink = [&](std::uint64_t offset, ByteSpan bytes) {
      if (stopped_) throw Stopped();
      std::ranges::copy(bytes, buffer.subspan(offset - range.begin).begin());
      const std::lock_guard guard(mutex_);
      window->arrived += bytes.size();
      wake_readers();
    };
    file_->fetch(range.begin, range.end, sink, &stopped_);
    if (keeps_all_) keep(*window);
  } catch (...) {
    failure = std::current_exception();
  }
  lock.lock();
  window->is_being_fetched = false;
  window->failure = failure;
  wake_readers();
  // Its readers may have been faster than the end of the answer.
  close_if_read(window);
}

void ReadAhead::wake_readers() {
  // Each piece that comes would else cost a system call for nobody.
  if (readers_waiting_ != 0) arrived_.notify_all();
}

void ReadAhead::keep(const Window& window) const {
  constexpr std::uint64_t kBlock = BlockCache::kBlockBytes;
  const std::uint64_t first = (window.range.begin + kBlock - 1) / kBlock;
  for (std::uint64_t block = first; block < cache_->block_count(); ++block) {
    const std::uint64_t begin = block * kBlock;
    const std::uint64_t length = cache_->block_length(block);
    if (begin + length > window.range.end) return;
    cache_->put(block,
                ByteSpan(window.bytes.get(), window.length()).subspan(begin - window.range.begin, length));
  }
}

std::optional<std::size_t> ReadAhead::next_planned() const {
  if (!reached_) return std::nullopt;
  const std::size_t end = std::min(plan_.size(), *reached_ + 1 + kAhead);
  for (std::size_t number = *reached_; number < end; ++number) {
    if (!begun_[number]) return number;
  }
  return std::nullopt;
}

void ReadAhead::start_helpers() {
  if (has_helpers_ || plan_.size() < 2) return;
  has_helpers_ = true;
  helpers_.start(std::min(kAhead, plan_.size() - 1), [this] { help(); });
}

void ReadAhead::help() noexcept {
  try {
    Lock lock(mutex_);
    while (!stopped_) help_once(lock);
  } catch (...) {
    // Readers fetch for themselves what nobody has fetched for them.
    return;
  }
}

void ReadAhead::help_once(Lock& lock) {
  const auto number = next_planned();
  auto buffer = number ? buffers_->take_spare() : nullptr;
  if (!buffer) {
    work_.wait(lock);
    return;
  }
  const auto window = open_planned(*number, std::move(buffer));
  if (window != windows_.end()) fetch(window, lock);
}

}  // namespace aerotool::io

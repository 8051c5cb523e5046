#include "formats/dcp/assembly.hpp"

#include <algorithm>
#include <cstring>

namespace aerotool::dcp {
namespace {

/// Runs of so many bytes are read where they go.
constexpr std::uint64_t kLongRun = std::uint64_t{32} << 10;
/// So much of a chunk is held while it is scattered.
constexpr std::uint64_t kScattered = std::uint64_t{1} << 20;
/// What is worth a read, of one chunk.
constexpr std::uint64_t kWorthARead = std::uint64_t{64} << 10;
constexpr std::uint64_t kMostWindow = std::uint64_t{8} << 20;
/// As many chunks beside each other need no window: what is read at once has enough of each.
constexpr std::uint64_t kFewBeside = 8;
constexpr std::size_t kMaxModels = 8;

/// Runs of a length that is known when this is compiled, at even distances.
template <std::size_t Length>
void copy_runs(std::uint64_t count, std::uint64_t step, const std::byte* in, std::byte* out) {
  for (std::uint64_t i = 0; i < count; ++i) std::memcpy(out + i * step, in + i * Length, Length);
}

void copy_runs(std::size_t length, std::uint64_t count, std::uint64_t step, const std::byte* in,
               std::byte* out) {
  switch (length) {
    case 1:
      return copy_runs<1>(count, step, in, out);
    case 2:
      return copy_runs<2>(count, step, in, out);
    case 4:
      return copy_runs<4>(count, step, in, out);
    case 8:
      return copy_runs<8>(count, step, in, out);
    case 16:
      return copy_runs<16>(count, step, in, out);
    default:
      for (std::uint64_t i = 0; i < count; ++i) std::memcpy(out + i * step, in + i * length, length);
  }
}

}  // namespace

Box::Box(const Index& index, const Key& key, std::uint64_t chunk) {
  const std::uint64_t width = key.type->bytes;
  axes_.resize(std::max<std::size_t>(key.shape.size(), 1));
  for (std::size_t i = 0; i < key.shape.size(); ++i)
    axes_[i] = {key.shape[i], index.offset(key, chunk, i), index.size(key, chunk, i), 1, 1};
  axes_.back().extent *= width;
  axes_.back().begin *= width;
  axes_.back().size *= width;
  size_ = 1;
  std::uint64_t step = 1;
  for (std::size_t i = axes_.size(); i-- > 0;) {
    axes_[i].step = step;
    axes_[i].inner = size_;
    step *= axes_[i].extent;
    size_ *= axes_[i].size;
    begin_ += axes_[i].begin * axes_[i].step;
  }
  // Dimensions at the end that it has whole, and a part of the one before.
  outer_ = axes_.size() - 1;
  while (outer_ > 0 && axes_[outer_].size == axes_[outer_].extent) --outer_;
  run_ = axes_[outer_].size * axes_[outer_].inner;
  end_ = size_ == 0 ? begin_ : place_of(size_ - 1) + 1;
}

std::uint64_t Box::count_before(std::uint64_t offset) const {
  std::uint64_t count = 0;
  for (const Axis& axis : axes_) {
    const std::uint64_t at = offset / axis.step;
    offset %= axis.step;
    if (at < axis.begin) return count;
    if (at - axis.begin >= axis.size) return count + axis.size * axis.inner;
    count += (at - axis.begin) * axis.inner;
  }
  return count;
}

std::uint64_t Box::place_of(std::uint64_t at) const {
  std::uint64_t place = 0;
  for (const Axis& axis : axes_) {
    place += (axis.begin + at / axis.inner) * axis.step;
    at %= axis.inner;
  }
  return place;
}

void Box::scatter(std::uint64_t at, ByteSpan bytes, std::uint64_t begin, std::span<std::byte> out) const {
  while (!bytes.empty()) {
    const std::uint64_t inside = at % run_;
    std::byte* const to = out.data() + (place_of(at) - begin);
    std::uint64_t length = std::min<std::uint64_t>(run_ - inside, bytes.size());
    if (inside == 0 && bytes.size() >= run_ && outer_ > 0) {
      // Whole runs, as far as they are evenly apart.
      const Axis& axis = axes_[outer_ - 1];
      const std::uint64_t left = axis.size - at / axis.inner % axis.size;
      const std::uint64_t count = std::min<std::uint64_t>(left, bytes.size() / run_);
      copy_runs(run_, count, axis.step, bytes.data(), to);
      length = count * run_;
    } else {
      std::memcpy(to, bytes.data(), length);
    }
    at += length;
    bytes = bytes.subspan(length);
  }
}

Assembly::Assembly(const Index& index, const Key& key, const Items& items, const Files& files)
    : index_(index), key_(key), items_(items), files_(files) {
  std::uint64_t spans = 0;
  std::uint64_t last = 0;
  for (std::uint64_t chunk = 0; chunk < key.count; ++chunk) {
    const Box box(index, key, chunk);
    if (box.size() == 0) continue;
    pieces_.push_back({box.begin(), box.end(), static_cast<std::uint32_t>(chunk)});
    spans += box.end() - box.begin();
    last = std::max(last, box.end());
  }
  std::ranges::sort(pieces_, {}, &Piece::begin);
  for (std::size_t i = 1; i < pieces_.size(); ++i)
    pieces_[i].reach = std::max(pieces_[i].reach, pieces_[i - 1].reach);
  places_.resize(pieces_.size());
  if (last == 0) return;
  const std::uint64_t beside = spans / last;
  if (beside > kFewBeside) window_ = std::min(beside * kWorthARead, kMostWindow);
}

void Assembly::read(std::uint64_t offset, std::span<std::byte> out) const {
  const std::uint64_t end = offset + out.size();
  auto piece = std::ranges::partition_point(pieces_, [&](const Piece& one) { return one.reach <= offset; });
  for (; piece != pieces_.end() && piece->begin < end; ++piece) read_piece(*piece, offset, out);
}

void Assembly::read_piece(const Piece& piece, std::uint64_t offset, std::span<std::byte> out) const {
  const Box box(index_, key_, piece.chunk);
  std::uint64_t at = box.count_before(offset);
  const std::uint64_t end = box.count_before(offset + out.size());
  std::vector<std::byte> held;
  while (at < end) {
    const std::uint64_t in_run = std::min(box.run() - at % box.run(), end - at);
    if (in_run >= kLongRun || in_run == end - at) {
      read_chunk(piece, at, out.subspan(box.place_of(at) - offset, in_run));
      at += in_run;
      continue;
    }
    held.resize(std::min(end - at, kScattered));
    read_chunk(piece, at, held);
    box.scatter(at, held, offset, out);
    at += held.size();
  }
}

void Assembly::read_chunk(const Piece& piece, std::uint64_t at, std::span<std::byte> out) const {
  const Place place = place_of(piece);
  if (place.data == kNoNumber) return made_by(piece)->read(0, at, out);
  const auto item = index_.item(key_, piece.chunk);
  files_.open(item->file)->read(place.data + at, out);
}

Assembly::Place Assembly::place_of(const Piece& piece) const {
  const std::lock_guard lock(mutex_);
  Place& place = places_[static_cast<std::size_t>(&piece - pieces_.data())];
  if (place.is_known) return place;
  if (index_.is_plain) {
    place = {index_.item(key_, piece.chunk)->offset, true};
    return place;
  }
  Report report;
  std::shared_ptr<const torch::TorchModel> model = items_.open_chunk(key_, piece.chunk, report);
  const auto range = model->stored_range(0);
  const auto item = index_.item(key_, piece.chunk);
  const bool is_as_stored =
      index_.transforms[item->transform].empty() && range && range->encoding == StoredEncoding::raw;
  if (is_as_stored) {
    place.data = item->offset + model->tensors().front().offset;
  } else {
    models_.emplace_front(piece.chunk, std::move(model));
    if (models_.size() > kMaxModels) models_.pop_back();
  }
  place.is_known = true;
  return place;
}

std::shared_ptr<const torch::TorchModel> Assembly::made_by(const Piece& piece) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(models_, piece.chunk, [](const auto& entry) { return entry.first; });
  if (known != models_.end()) {
    std::rotate(models_.begin(), known, known + 1);
    return models_.front().second;
  }
  Report report;
  models_.emplace_front(piece.chunk, items_.open_chunk(key_, piece.chunk, report));
  if (models_.size() > kMaxModels) models_.pop_back();
  return models_.front().second;
}

}  // namespace aerotool::dcp

#include "formats/ztensor/write/restored_file.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/manifest.hpp"
#include "formats/ztensor/write/encoded_part.hpp"
#include "io/seekable_zstd.hpp"
#include "io/zstd_frame.hpp"

namespace aerotool::ztensor {
namespace {

/// What is written at one place of the file.
struct Item {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  PlannedTensor planned;
};

/// Bytes that are stored as they were, and decode to a tensor.
class StoredBytes final : public ByteSource {
 public:
  StoredBytes(PlannedTensor planned, Bytes bytes) : planned_(std::move(planned)), bytes_(std::move(bytes)) {}

  std::uint64_t size() const override { return bytes_.size(); }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    std::ranges::copy(bytes_.view.subspan(offset, out.size()), out.begin());
  }
  const std::string& path() const override { return planned_.path(); }
  std::vector<StoredTensor> inputs() const override { return planned_.inputs(); }

 private:
  PlannedTensor planned_;
  Bytes bytes_;
};

/// The end of something that is written.
class Rest final : public ByteSource {
 public:
  Rest(PlannedTensor planned, std::uint64_t begin) : planned_(std::move(planned)), begin_(begin) {}

  std::uint64_t size() const override { return planned_.tensor().size - begin_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    planned_.read(begin_ + offset, out);
  }
  const std::string& path() const override { return planned_.path(); }
  std::vector<StoredTensor> inputs() const override { return planned_.inputs(); }

 private:
  PlannedTensor planned_;
  std::uint64_t begin_;
};

class Restoring {
 public:
  Restoring(const Plan& plan, const Source& source) : plan_(plan), source_(source) {}

  RestoredFile run() {
    find_container();
    find_tensors();
    read_items();
    return {.head = std::string(source_.head->text()), .layout = place(), .tail = source_.tail->second};
  }

 private:
  [[noreturn]] void refuse(const std::string& problem) const {
    throw CorruptError({plan_.models.front()->path(), {}, {}},
                       "the zTensor file that it carries cannot be made again: " + problem);
  }

  /// The index must be what the end says it is; what is in it is compared with the plan.
  void find_container() {
    const std::string_view head = source_.head->text();
    const std::string_view tail = source_.tail->second.text();
    const std::uint64_t begin = source_.tail->first;
    if (begin < kMagicSize) refuse("its index is at " + std::to_string(begin));
    std::uint64_t end_size = kMagicSize;
    if (head == kMagic2) {
      container_.version = Version::v2;
      end_size = kFooterSize;
    } else if (head == kMagic01) {
      container_.version = Version::v0_1;
    } else if (head != kMagic1) {
      refuse("its head is not that of zTensor");
    } else if (tail.size() >= 2 * kMagicSize && tail.ends_with(kMagic1)) {
      container_.version = Version::v1_1;
      end_size = 2 * kMagicSize;
    } else {
      container_.version = Version::v1_0;
    }
    if (tail.size() < end_size) refuse("its end is missing");
    container_.manifest_offset = begin;
    container_.manifest_length = tail.size() - end_size;
    container_.blobs_end = begin;
  }

  void find_tensors() {
    std::vector<bool> is_part(plan_.tensors.size());
    for (const Object& object : source_.objects) {
      for (const Object::Part& part : object.parts) {
        tensors_.emplace(std::pair(std::string_view(object.name), std::string_view(part.role)), part.tensor);
        is_part[part.tensor] = true;
      }
    }
    for (std::size_t i = 0; i < plan_.tensors.size(); ++i) {
      if (!is_part[i])
        tensors_.emplace(std::pair(std::string_view(plan_.tensors[i].tensor().name), kData), i);
    }
    for (const auto& [tensor, bytes] : source_.stored) stored_.emplace(tensor, bytes);
  }

  void read_items() {
    const ByteSpan manifest = source_.tail->second.view.first(container_.manifest_length);
    std::size_t count = 0;
    const Root root = read_manifest(
        manifest, container_, plan_.models.front()->path(), {.object = [&](const ObjectEntry& object) {
          for (const PartEntry& part : object.parts) {
            const auto found = tensors_.find({object.name, part.role});
            if (found == tensors_.end())
              refuse("it has a part of '" + escape_controls(shortened(object.name)) + "' that is no tensor");
            ++count;
            add_item(object, part, found->second);
          }
        }});
    if (count != plan_.tensors.size()) refuse("tensors are missing in its index");
  }

  void add_item(const ObjectEntry& object, const PartEntry& part, std::size_t tensor) {
    const PlannedTensor& planned = plan_.tensors[tensor];
    const std::string name = "'" + escape_controls(shortened(object.name)) + "'";
    PartFacts facts;
    if (find_facts(part, container_.version, facts)) refuse(name + " is of no type that is known");
    if (part.shard) refuse(name + " lies in another file");
    if (part.offset < kMagicSize || !range_fits(part.offset, part.length, container_.blobs_end))
      refuse(name + " does not lie before its index");
    const std::uint64_t width = DType(facts.stored).bits() / 8;
    if (facts.encoding == Encoding::raw && part.length != planned.tensor().size)
      refuse(name + " is of another size");
    if (part.length == 0) return;
    PlannedTensor written = planned;
    if (const auto stored = stored_.find(tensor); stored != stored_.end()) {
      if (stored->second.size() != part.length) refuse(name + " is stored with another size");
      require_decodes(planned, facts.encoding, stored->second);
      written = as_bytes(std::make_shared<StoredBytes>(planned, stored->second));
    } else if (facts.encoding != Encoding::raw || (part.big_endian && width != 1)) {
      if (facts.encoding == Encoding::unknown) refuse(name + " has an encoding that is not known");
      written = as_bytes(stored_form(planned, facts.encoding, part.length, width));
    }
    items_.push_back({part.offset, part.length, std::move(written)});
  }

  /// Stored bytes from a hostile file must not become another tensor.
  void require_decodes(const PlannedTensor& planned, Encoding encoding, const Bytes& stored) const {
    const io::ReadAt read = [&](std::uint64_t offset, std::span<std::byte> out) {
      std::ranges::copy(stored.view.subspan(offset, out.size()), out.begin());
    };
    const std::uint64_t size = planned.tensor().size;
    try {
      if (encoding == Encoding::zstd) {
        const io::ZstdFrame frame(read, {.stored = stored.size(), .decoded = size});
        return compare(planned, [&](std::uint64_t at, std::span<std::byte> out) { frame.read(at, out); });
      }
      const io::SeekableZstd frames(read, stored.size());
      if (encoding != Encoding::zstd_seekable || frames.size() != size)
        refuse("a stored part decodes to another size");
      compare(planned, [&](std::uint64_t at, std::span<std::byte> out) { frames.read(at, out); });
    } catch (const io::ZstdProblem& problem) {
      refuse(problem.what());
    }
  }

  void compare(const PlannedTensor& planned, const io::ReadAt& read) const {
    constexpr std::uint64_t kAtOnce = std::uint64_t{256} << 10;
    std::vector<std::byte> decoded(kAtOnce);
    std::vector<std::byte> there(kAtOnce);
    const std::uint64_t size = planned.tensor().size;
    if (size == 0) read(0, {});
    for (std::uint64_t at = 0; at < size; at += kAtOnce) {
      const auto piece = std::span(decoded).first(std::min(kAtOnce, size - at));
      const auto other = std::span(there).first(piece.size());
      read(at, piece);
      planned.read(at, other);
      if (!std::ranges::equal(piece, other))
        refuse("what is stored of '" + escape_controls(shortened(planned.tensor().name)) +
               "' decodes to other bytes");
    }
  }

  static PlannedTensor as_bytes(std::shared_ptr<const ByteSource> bytes) {
    Tensor description;
    description.dtype = DTypeCode::u8;
    description.size = bytes->size();
    description.shape = {bytes->size()};
    return computed(std::move(description), std::move(bytes));
  }

  TensorLayout place() {
    std::ranges::stable_sort(items_, {},
                             [](const Item& item) { return std::pair(item.offset, item.length); });
    TensorLayout layout;
    std::uint64_t covered = kMagicSize;
    PlannedShard shard;
    auto gap = source_.gaps.begin();
    for (const Item& item : items_) {
      add_gaps(shard, gap, covered, std::max(covered, item.offset));
      const std::uint64_t end = item.offset + item.length;
      // Parts that share their bytes are written once; one that overlaps another in part, from there on.
      if (end <= covered) continue;
      const bool is_cut = item.offset < covered;
      layout.tensors.push_back(is_cut ? as_bytes(std::make_shared<Rest>(item.planned, covered - item.offset))
                                      : item.planned);
      layout.offsets.push_back(std::max(covered, item.offset) - kMagicSize);
      covered = end;
    }
    add_gaps(shard, gap, covered, container_.blobs_end);
    if (gap != source_.gaps.end()) refuse("bytes between its parts lie inside one, or behind its index");
    shard.count = layout.tensors.size();
    shard.size = container_.blobs_end - kMagicSize;
    layout.shards.push_back(std::move(shard));
    return layout;
  }

  void add_gaps(PlannedShard& shard, std::vector<std::pair<std::uint64_t, Bytes>>::const_iterator& gap,
                std::uint64_t begin, std::uint64_t end) const {
    for (; gap != source_.gaps.end() && gap->first < end; ++gap) {
      if (gap->first < begin || !range_fits(gap->first, gap->second.size(), end))
        refuse("bytes between its parts lie inside one");
      begin = gap->first + gap->second.size();
      shard.fill.emplace_back(gap->first - kMagicSize, gap->second);
    }
  }

  const Plan& plan_;
  const Source& source_;
  Container container_;
  std::map<std::pair<std::string_view, std::string_view>, std::size_t> tensors_;
  std::map<std::uint64_t, Bytes> stored_;
  std::vector<Item> items_;
};

}  // namespace

RestoredFile restored_file(const Plan& plan, const Source& source) {
  return Restoring(plan, source).run();
}

std::uint64_t size_of(const RestoredFile& restored) {
  return restored.head.size() + restored.layout.shards.front().size + restored.tail.size();
}

}  // namespace aerotool::ztensor

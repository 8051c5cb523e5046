#include "formats/ztensor/recorded_source.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/text.hpp"
#include "formats/ztensor/source_layout.hpp"
#include "formats/ztensor/write/encoded_part.hpp"

namespace aerotool::ztensor {
namespace {

/// What a source can hold is bounded by what a reader of AERO takes.
constexpr std::uint64_t kMaxRecorded = std::uint64_t{32} << 20;

Bytes read_all(const io::Input& input, std::uint64_t begin, std::uint64_t length) {
  std::vector<std::byte> bytes(length);
  if (length != 0) input.read(begin, bytes);
  return Bytes::own(std::move(bytes));
}

class Recorder {
 public:
  Recorder(const io::Input& input, const TensorTable& table, const PartReader& reader)
      : input_(input), table_(table), reader_(reader) {}

  /// False where it is more than can be carried.
  bool take(std::uint64_t bytes) {
    total_ += bytes;
    return total_ <= kMaxRecorded;
  }

  bool add_encoded(Source& source) {
    for (std::size_t i = 0; i < table_.parts.size(); ++i) {
      const StoredPart& part = table_.parts[i];
      if (part.encoding == Encoding::raw || is_made_by_us(i)) continue;
      if (!take(part.length)) return false;
      source.stored.emplace_back(i, read_all(input_, table_.tensors[i].offset, part.length));
    }
    return true;
  }

 private:
  bool is_made_by_us(std::size_t tensor) const {
    const StoredPart& part = table_.parts[tensor];
    const Tensor& described = table_.tensors[tensor];
    return encodes_alike(
        [&](std::uint64_t offset, std::span<std::byte> out) { reader_.read(tensor, offset, out); },
        described.size, part.encoding,
        [&](std::uint64_t offset, std::span<std::byte> out) { input_.read(described.offset + offset, out); },
        part.length);
  }

  const io::Input& input_;
  const TensorTable& table_;
  const PartReader& reader_;
  std::uint64_t total_ = 0;
};

}  // namespace

void record_layout(const io::Input& input, const Container& container, const TensorTable& table,
                   const PartReader& reader, bool is_canonical, Source& source) {
  const auto leave_out = [&](const std::string& why) {
    source.stored.clear();
    source.left_out.push_back("the layout of " + escape_controls(input.name()) + ": " + why);
  };
  const bool has_shards =
      std::ranges::any_of(table.parts, [](const StoredPart& part) { return part.file != 0; });
  if (has_shards) return leave_out("it lies in several files");
  if (container.is_data_shard()) return leave_out("it is a shard without an index");
  const std::string too_much = "to bring it back takes more than " + human_size(kMaxRecorded);
  auto gaps = find_gaps(input, table, container.manifest_offset, kMaxRecorded);
  if (!gaps) return leave_out(too_much);
  if (is_canonical && gaps->empty()) return;
  Recorder recorder(input, table, reader);
  const std::uint64_t tail = input.size() - container.manifest_offset;
  if (!recorder.take(tail)) return leave_out(too_much);
  for (const auto& [offset, bytes] : *gaps) {
    if (!recorder.take(bytes.size())) return leave_out(too_much);
  }
  if (!recorder.add_encoded(source)) return leave_out(too_much);
  source.gaps = std::move(*gaps);
  source.head = read_all(input, 0, kMagicSize);
  source.tail = {container.manifest_offset, read_all(input, container.manifest_offset, tail)};
}

}  // namespace aerotool::ztensor

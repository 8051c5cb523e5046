#include "formats/npz/written_archive.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/crc32.hpp"
#include "transfer/headed_files.hpp"
#include "transfer/refusals.hpp"

namespace aerotool::npz {
namespace {

constexpr std::string_view kEnding = ".npy";
// Of each array's data in the file; a header is a multiple of it.
constexpr std::uint64_t kAlignment = 64;

}  // namespace

WrittenArchive::WrittenArchive(const Plan& plan, std::vector<PlannedTensor> tensors) {
  require_names(plan);
  PlannedShard& shard = layout_.shards.emplace_back();
  shard.count = tensors.size();
  layout_.tensors = std::move(tensors);
  layout_.offsets.reserve(shard.count);
  std::uint64_t directory_size = 0;
  for (std::size_t i = 0; i < shard.count; ++i) {
    const std::string array_head = npy::header_of(tensor(i));
    const zip::Member placed = member(i, array_head);
    layout_.offsets.push_back(placed.offset + zip::local_header(placed).size() + array_head.size());
    // Both are below 2^63.
    shard.size = layout_.offsets.back() + tensor(i).size;
    require_file_size(plan, shard.size);
    directory_size += zip::directory_entry(placed).size();
  }
  size_ = shard.size + directory_size + zip::directory_end(shard.count, directory_size, shard.size).size();
}

/// Names that a reader would not find again, or would take for another's.
void WrittenArchive::require_names(const Plan& plan) const {
  Refusals refusals("NumPy's archive");
  const auto has = [&](std::string_view name) {
    return std::ranges::binary_search(
        plan.tensors, name, {},
        [](const PlannedTensor& planned) -> std::string_view { return planned.tensor().name; });
  };
  for (const PlannedTensor& planned : plan.tensors) {
    const std::string_view name = planned.tensor().name;
    const std::string_view whole = name.substr(0, name.size() - std::min(name.size(), kEnding.size()));
    if (name.size() > zip::kMaxName - kEnding.size()) {
      refusals.add(planned, "names over 65,531 bytes",
                   "its name takes " + with_thousands(name.size()) + " bytes; members have at most 65,531");
    } else if (!is_utf8(name)) {
      refusals.add(planned, "names that are not UTF-8", "its name is not UTF-8, which zip archives have");
    } else if (name.find('\0') != std::string_view::npos) {
      refusals.add(planned, "names with a NUL", "its name has a NUL in it, at which readers cut it");
    } else if (name.ends_with(kEnding) && has(whole)) {
      refusals.add(planned, "names that are another's with .npy",
                   "NumPy takes it for '" + escape_controls(shortened(whole)) + "', which is there too");
    }
  }
  refusals.require_none(plan);
}

std::uint64_t WrittenArchive::head_begin(std::size_t tensor_number) const {
  if (tensor_number == 0) return 0;
  return layout_.offsets[tensor_number - 1] + tensor(tensor_number - 1).size;
}

zip::Member WrittenArchive::member(std::size_t tensor_number, const std::string& array_head) const {
  zip::Member member;
  member.name = tensor(tensor_number).name + std::string(kEnding);
  member.offset = head_begin(tensor_number);
  member.size = array_head.size() + tensor(tensor_number).size;
  member.alignment = kAlignment;
  return member;
}

zip::Member WrittenArchive::member_with_crc(std::size_t tensor_number, const std::string& array_head,
                                            std::uint32_t crc) const {
  zip::Member whole = member(tensor_number, array_head);
  whole.crc = hash::crc32_joined(hash::crc32(bytes_of(array_head)), crc, tensor(tensor_number).size);
  return whole;
}

std::string WrittenArchive::head(std::size_t tensor_number, std::uint32_t crc) const {
  const std::string array_head = npy::header_of(tensor(tensor_number));
  return zip::local_header(member_with_crc(tensor_number, array_head, crc)) + array_head;
}

void WrittenArchive::put_directory(const std::function<std::uint32_t(std::size_t tensor)>& crc_of,
                                   const std::function<void(ByteSpan)>& put) const {
  constexpr std::size_t kAtOnce = std::size_t{1} << 20;
  std::string text;
  std::uint64_t done = 0;
  const auto flush = [&] {
    put(bytes_of(text));
    done += text.size();
    text.clear();
  };
  for (std::size_t i = 0; i < layout_.tensors.size(); ++i) {
    const std::string array_head = npy::header_of(tensor(i));
    text += zip::directory_entry(member_with_crc(i, array_head, crc_of(i)));
    if (text.size() >= kAtOnce) flush();
  }
  const std::uint64_t directory_size = done + text.size();
  text += zip::directory_end(layout_.tensors.size(), directory_size, directory());
  flush();
}

}  // namespace aerotool::npz

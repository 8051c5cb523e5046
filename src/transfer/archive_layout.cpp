#include "transfer/archive_layout.hpp"

#include <utility>

#include "hash/crc32.hpp"
#include "transfer/headed_files.hpp"

namespace aerotool {

ArchiveLayout::ArchiveLayout(const Plan& plan, ArchiveContent content) : content_(std::move(content)) {
  PlannedShard& shard = layout_.shards.emplace_back();
  shard.count = content_.tensors.size();
  layout_.tensors = std::exchange(content_.tensors, {});
  std::uint64_t directory_size = 0;
  for (const ArchiveFile& file : content_.files) {
    zip::Member& placed = files_.emplace_back();
    placed.name = file.name;
    placed.offset = begin_;
    placed.alignment = kAlignment;
    file.put(layout_.tensors, [&](ByteSpan bytes) { placed.size += bytes.size(); });
    begin_ += zip::local_header(placed).size() + placed.size;
    directory_size += zip::directory_entry(placed).size();
  }
  layout_.offsets.reserve(shard.count);
  for (std::size_t i = 0; i < shard.count; ++i) {
    const std::string tensor_head = content_.head_of(tensor(i));
    const zip::Member placed = member(i, tensor_head);
    layout_.offsets.push_back(placed.offset - begin_ + zip::local_header(placed).size() + tensor_head.size());
    // Both are below 2^63.
    shard.size = layout_.offsets.back() + tensor(i).size;
    require_file_size(plan, shard.size);
    directory_size += zip::directory_entry(placed).size();
  }
  const std::size_t count = files_.size() + shard.count;
  size_ = directory() + directory_size + zip::directory_end(count, directory_size, directory()).size();
}

std::uint64_t ArchiveLayout::head_begin(std::size_t tensor_number) const {
  if (tensor_number == 0) return 0;
  return layout_.offsets[tensor_number - 1] + tensor(tensor_number - 1).size;
}

zip::Member ArchiveLayout::member(std::size_t tensor_number, const std::string& tensor_head) const {
  zip::Member member;
  member.name = content_.name_of(tensor(tensor_number), tensor_number);
  member.offset = begin_ + head_begin(tensor_number);
  member.size = tensor_head.size() + tensor(tensor_number).size;
  member.alignment = kAlignment;
  return member;
}

zip::Member ArchiveLayout::member_with_crc(std::size_t tensor_number, const std::string& tensor_head,
                                           std::uint32_t crc) const {
  zip::Member whole = member(tensor_number, tensor_head);
  whole.crc = hash::crc32_joined(hash::crc32(bytes_of(tensor_head)), crc, tensor(tensor_number).size);
  return whole;
}

std::string ArchiveLayout::head(std::size_t tensor_number, std::uint32_t crc) const {
  const std::string tensor_head = content_.head_of(tensor(tensor_number));
  return zip::local_header(member_with_crc(tensor_number, tensor_head, crc)) + tensor_head;
}

void ArchiveLayout::put_files(const Sink& put) {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    std::uint32_t crc = 0;
    content_.files[i].put(layout_.tensors, [&](ByteSpan bytes) { crc = hash::crc32(bytes, crc); });
    files_[i].crc = crc;
    put(bytes_of(zip::local_header(files_[i])));
    content_.files[i].put(layout_.tensors, put);
  }
}

void ArchiveLayout::put_directory(const Crc& crc_of, const Sink& put) const {
  constexpr std::size_t kAtOnce = std::size_t{1} << 20;
  std::string text;
  std::uint64_t done = 0;
  const auto flush = [&] {
    put(bytes_of(text));
    done += text.size();
    text.clear();
  };
  for (const zip::Member& file : files_) text += zip::directory_entry(file);
  for (std::size_t i = 0; i < layout_.tensors.size(); ++i) {
    const std::string tensor_head = content_.head_of(tensor(i));
    text += zip::directory_entry(member_with_crc(i, tensor_head, crc_of(i)));
    if (text.size() >= kAtOnce) flush();
  }
  const std::uint64_t directory_size = done + text.size();
  text += zip::directory_end(files_.size() + layout_.tensors.size(), directory_size, directory());
  flush();
}

}  // namespace aerotool

#include "formats/gguf/reader.hpp"

#include <algorithm>
#include <numeric>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/gguf/gaps.hpp"
#include "formats/gguf/render.hpp"
#include "formats/gguf/rules.hpp"
#include "formats/gguf/rules_of_loaders.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::gguf {
namespace {

ParsedHead parse(const io::Input& input, Report& report) {
  const Bytes begin = input.view(0, std::min<std::uint64_t>(input.size(), kMagic.size()));
  if (begin.text() != kMagic) foreign::refuse(input, "GGUF");
  Cursor cursor(input.name(), input.size(), [&](std::uint64_t length) { return input.view(0, length); });
  return parse_head(cursor, report);
}

}  // namespace

GgufModel::GgufModel(std::shared_ptr<io::Input> input, Report& report)
    : input_(std::move(input)),
      head_(parse(*input_, report)),
      tensors_(place_tensors(head_, *input_, report)) {
  if (report.judging()) {
    head_.others.report(path(), report);
    warn_of_head(head_, tensors_, path(), report);
  }
  warn_of_end(head_, tensors_, *input_, report);
}

Overview GgufModel::overview() const {
  Overview overview;
  overview.format = "GGUF";
  overview.version = std::to_string(head_.version);
  overview.model_name = head_.pairs.metadata.text("general.name");
  overview.architecture = head_.pairs.metadata.text("general.architecture");
  overview.file_size = input_->size();
  overview.packed_size = input_->packed_size();
  overview.shards.push_back({.name = "data",
                             .path = path(),
                             .offset = std::min(head_.data_begin, input_->size()),
                             .size = data_size(head_.data_begin, *input_),
                             .tensor_count = tensors_.size()});
  return overview;
}

std::vector<KnownFile> GgufModel::known_files() const {
  std::vector<KnownFile> files = plainly_known_files(*this);
  std::vector<KnownRegion>& regions = files.front().regions;
  const auto add = [&](std::uint64_t begin, std::uint64_t end, std::string_view name, RegionKind kind) {
    regions.push_back({begin, end - begin, name, kind});
  };
  add(0, head_.pairs_begin, {}, RegionKind::header);
  add(head_.pairs_begin, head_.infos_begin, {}, RegionKind::metadata);
  add(head_.infos_begin, head_.infos_end, "tensor infos", RegionKind::index);
  std::uint64_t end = head_.data_begin;
  for (const Tensor& tensor : tensors_) end = std::max(end, tensor.offset + tensor.size);
  // A tensor is filled up to the alignment, the last one too.
  const std::uint64_t filled = head_.data_begin + align_up(end - head_.data_begin, head_.alignment);
  if (end < input_->size()) add(end, std::min(filled, input_->size()), {}, RegionKind::alignment);
  return files;
}

Source GgufModel::source() const {
  Source source;
  source.format = "gguf";
  source.version = head_.version;
  if (head_.alignment != kDefaultAlignment) source.alignment = head_.alignment;
  source.metadata = head_.pairs.metadata;
  source.typed_metadata = true;
  const auto by_name = [](const Tensor& a, const Tensor& b) { return a.name < b.name; };
  if (!std::is_sorted(tensors_.begin(), tensors_.end(), by_name)) {
    auto& order = source.order.emplace(tensors_.size());
    std::iota(order.begin(), order.end(), std::uint64_t{0});
  }
  Bytes head = input_->view(0, std::min(head_.data_begin, input_->size()));
  if (!head_.pairs.exact || !renders_alike(head)) source.head = std::move(head);
  source.gaps = find_gaps(tensors_, head_.data_begin, head_.alignment, *input_);
  return source;
}

bool GgufModel::renders_alike(const Bytes& head) const {
  std::uint64_t position = 0;
  bool alike = true;
  const std::uint64_t size =
      render_head({.version = head_.version,
                   .alignment = head_.alignment,
                   .metadata = head_.pairs.metadata,
                   .tensor_count = tensors_.size(),
                   .tensor = [&](std::uint64_t index) -> const Tensor& { return tensors_[index]; },
                   .path = path()},
                  [&](ByteSpan bytes) {
                    alike = alike && range_fits(position, bytes.size(), head.size()) &&
                            std::ranges::equal(bytes, head.view.subspan(position, bytes.size()));
                    position += bytes.size();
                  });
  return alike && size == head.size();
}

void GgufModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  if (!out.empty()) input_->read(tensors_[tensor].offset + offset, out);
}

bool GgufModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::full) check_file(*input_, tensors_, options, report);
  // The format has no hashes, and opening the file has judged all that it says of itself.
  return options.level != CheckLevel::control;
}

}  // namespace aerotool::gguf

#include "formats/safetensors/reader.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/parse.hpp"
#include "formats/safetensors/rules.hpp"
#include "model/safetensors_order.hpp"
#include "transfer/file_check.hpp"

namespace aerotool::safetensors {
namespace {

/// Where the data section begins, from the length that the file begins with.
std::uint64_t find_data(const io::Input& input) {
  // The length itself is there.
  if (input.size() < kLengthBytes) {
    throw CorruptError({input.name(), 0, {}},
                       "the file has " + std::to_string(input.size()) +
                           " bytes; a safetensors file begins with 8 bytes of header length",
                       Code::short_file);
  }
  const std::uint64_t length = header_length(input.view(0, kLengthBytes).view);
  // At most 100,000,000 bytes of JSON.
  if (length > kMaxHeaderBytes) {
    throw CorruptError({input.name(), 0, {}}, "header length " + with_thousands(length) +
                                                  " is more than the format allows, which is " +
                                                  with_thousands(kMaxHeaderBytes) +
                                                  "; the file begins like nothing that is known");
  }
  // The header is inside the file.
  if (length > input.size() - kLengthBytes) {
    throw CorruptError({input.name(), 0, {}},
                       "the header takes " + std::to_string(length) + " bytes, but only " +
                           std::to_string(input.size() - kLengthBytes) + " follow its length",
                       Code::short_file);
  }
  return kLengthBytes + length;
}

/// Fills a model with what the header holds.
class Loader final : public HeaderVisitor {
 public:
  Loader(std::optional<MetadataText>& metadata, Layout& layout) : metadata_(metadata), layout_(layout) {}

  void metadata_begins() override { metadata_.emplace(); }
  void metadata_entry(std::string_view key, std::string_view value) override { metadata_->add(key, value); }
  void entry(const HeaderEntry& entry) override { layout_.add(entry); }
  void defect(std::string_view tensor, std::string message) override {
    layout_.defect(tensor, std::move(message));
  }

 private:
  std::optional<MetadataText>& metadata_;
  Layout& layout_;
};

}  // namespace

std::uint64_t header_length(ByteSpan head) {
  return load_le<std::uint64_t>(head);
}

bool begins_like_header(ByteSpan begin) {
  if (begin.size() <= kLengthBytes) return false;
  const std::uint64_t length = header_length(begin);
  if (length < 2 || length > kMaxHeaderBytes) return false;
  const std::string_view json = chars_of(begin.subspan(kLengthBytes));
  const std::size_t first = json.find_first_not_of(" \t\r\n");
  return first < length && json[first] == '{';
}

SafetensorsModel::SafetensorsModel(std::shared_ptr<io::Input> input, Report& report)
    : input_(std::move(input)) {
  const std::uint64_t looked = std::min<std::uint64_t>(input_->size(), kBeginBytes);
  if (!begins_like_header(input_->view(0, looked).view)) foreign::refuse(*input_, "safetensors");
  data_start_ = find_data(*input_);
  const std::uint64_t length = data_start_ - kLengthBytes;
  Layout layout(input_->name(), data_start_, input_->size() - data_start_, report);
  layout.reserve_for(length);
  {
    const Bytes header = input_->view(kLengthBytes, length);
    Loader loader(metadata_, layout);
    if (auto problem = parse_header(header.text(), loader)) {
      Where where{input_->name(), {}, shortened(problem->tensor)};
      if (problem->offset) where.offset = kLengthBytes + *problem->offset;
      throw CorruptError(std::move(where), std::move(problem->message));
    }
  }
  tensors_ = layout.finish();
  // As torch.distributed.checkpoint writes them: a tensor's name stands in several files, each with a part.
  if (metadata_ && !metadata_->find("DCP_SHARDING_INFO").empty()) {
    report.doubt(Code::part, {input_->name(), {}, {}},
                 "is of one of several processes, as its DCP_SHARDING_INFO says: its tensors are parts of "
                 "tensors, which are not put together");
  }
}

Overview SafetensorsModel::overview() const {
  Overview overview;
  overview.format = "safetensors";
  if (metadata_) {
    overview.model_name = metadata_->find("model_name");
    overview.architecture = metadata_->find("architecture");
  }
  overview.quantization = config_.quantization;
  overview.file_size = input_->size();
  overview.packed_size = input_->packed_size();
  overview.shards.push_back(
      {"data", input_->name(), data_start_, input_->size() - data_start_, tensors_.size()});
  return overview;
}

Metadata SafetensorsModel::metadata() const {
  return metadata_ ? metadata_->to_metadata() : Metadata{};
}

/// The reference library writes the dtypes in descending order of its enum, and names in ascending order of
/// their bytes.
bool SafetensorsModel::in_writers_order() const {
  return std::is_sorted(tensors_.begin(), tensors_.end(), [](const Tensor& a, const Tensor& b) {
    if (a.dtype == b.dtype) return a.name < b.name;
    return rank_of(a.dtype) > rank_of(b.dtype);
  });
}

bool SafetensorsModel::head_is_writers(ByteSpan head) const {
  std::optional<HeadMetadata> metadata;
  if (metadata_) metadata = metadata_->to_head();
  std::vector<const Tensor*> tensors;
  tensors.reserve(tensors_.size());
  for (const Tensor& tensor : tensors_) tensors.push_back(&tensor);
  std::string_view rest = chars_of(head);
  bool same = true;
  render_head(metadata, tensors, [&](std::string_view run) {
    same = same && rest.starts_with(run);
    if (same) rest.remove_prefix(run.size());
  });
  return same && rest.empty();
}

Source SafetensorsModel::source() const {
  Source source;
  source.format = "safetensors";
  if (metadata_) source.metadata = metadata_->to_metadata();
  if (!in_writers_order()) {
    source.order.emplace(tensors_.size());
    std::iota(source.order->begin(), source.order->end(), std::uint64_t{0});
  }
  Bytes head = input_->view(0, data_start_);
  if (!head_is_writers(head.view)) source.head = std::move(head);
  return source;
}

void SafetensorsModel::read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const {
  input_->read(tensors_[tensor].offset + offset, out);
}

bool SafetensorsModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::full) check_file(*input_, tensors_, options, report);
  return options.level != CheckLevel::control;
}

}  // namespace aerotool::safetensors

#include "formats/safetensors/plan_file.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/safetensors/message.hpp"
#include "formats/safetensors/parse.hpp"
#include "formats/safetensors/reader.hpp"
#include "formats/safetensors/render.hpp"
#include "formats/safetensors/rules.hpp"
#include "model/safetensors_order.hpp"
#include "transfer/refusals.hpp"

namespace aerotool::safetensors {
namespace {

constexpr std::string_view kMetadataName = "__metadata__";

/// Notes a tensor that the format cannot hold. Throws CorruptError where its size is wrong.
void require_place(const PlannedTensor& planned, Refusals& refusals) {
  const Tensor& tensor = planned.tensor();
  const Where where{planned.path(), {}, shortened(tensor.name)};
  const auto refuse = [&](const std::string& reason, const std::string& message) {
    refusals.add(planned, reason, message);
  };
  if (!rank_of(tensor.dtype)) return refusals.add_type(planned);
  if (!is_utf8(tensor.name))
    return refuse("names that are not UTF-8", "its name is not UTF-8, which safetensors requires");
  if (tensor.name == kMetadataName)
    return refuse("a name that it keeps for itself", "safetensors reserves this name");
  if (tensor.shape.size() > kMaxRank) {
    return refuse("more than " + std::to_string(kMaxRank) + " dimensions",
                  "a shape of " + std::to_string(tensor.shape.size()) + " dimensions; at most " +
                      std::to_string(kMaxRank) + " are handled");
  }
  const auto known = dtype_named(tensor.dtype.name());
  const std::string problem = size_problem(tensor, known.value_or(tensor.dtype));
  if (!problem.empty()) throw CorruptError(where, problem);
}

/// A head that is made from what it is to describe.
class RenderedHead {
 public:
  RenderedHead(std::span<const PlannedTensor> tensors, std::shared_ptr<const Metadata> metadata)
      : metadata_(std::move(metadata)) {
    if (metadata_) {
      head_metadata_.emplace();
      for (const auto& [key, value] : metadata_->entries) head_metadata_->emplace_back(key, value.text());
    }
    tensors_.reserve(tensors.size());
    for (const PlannedTensor& planned : tensors) tensors_.push_back(&planned.tensor());
  }
  std::uint64_t size() const { return head_size(head_metadata_, tensors_); }
  void put(const HeadedFile::Sink& sink) const {
    render_head(head_metadata_, tensors_, [&](std::string_view run) { sink(bytes_of(run)); });
  }

 private:
  std::shared_ptr<const Metadata> metadata_;
  std::optional<HeadMetadata> head_metadata_;
  std::vector<const Tensor*> tensors_;
};

/// Hands the tensors of a carried head to their rules.
class HeadReader final : public HeaderVisitor {
 public:
  explicit HeadReader(Layout& layout) : layout_(layout) {}
  void metadata_begins() override {}
  void metadata_entry(std::string_view, std::string_view) override {}
  void entry(const HeaderEntry& entry) override { layout_.add(entry); }
  void defect(std::string_view tensor, std::string message) override {
    layout_.defect(tensor, std::move(message));
  }

 private:
  Layout& layout_;
};

/// The tensors that a head names, in the order of their bytes. Throws CorruptError.
std::vector<Tensor> tensors_of(const Bytes& head, std::uint64_t data_size, const std::string& path) {
  if (head.size() < kLengthBytes || head.size() - kLengthBytes > kMaxHeaderBytes ||
      header_length(head.view) != head.size() - kLengthBytes) {
    throw CorruptError({path, {}, {}}, "its length is wrong");
  }
  Report report;
  Layout layout(path, head.size(), data_size, report);
  HeadReader reader(layout);
  if (const auto problem = parse_header(head.text().substr(kLengthBytes), reader))
    throw CorruptError({path, {}, {}}, problem->message);
  return layout.finish();
}

/// A head from a hostile file must not become a broken file: it has to name the very tensors that are
/// written, where they are written.
void require_match(const Plan& plan, const Bytes& head, const TensorLayout& layout,
                   const PlannedShard& shard) {
  const std::string& path = plan.models.front()->path();
  const auto refuse = [&](const std::string& why) {
    throw CorruptError({path, {}, {}}, "the head that it carries does not describe its tensors (" + why +
                                           "); --include '*' leaves it out");
  };
  std::vector<Tensor> named;
  try {
    named = tensors_of(head, shard.size, path);
  } catch (const Error& error) {
    refuse(error.message());
  }
  if (named.size() != shard.count) refuse("it names " + plural(named.size(), "tensor"));
  for (std::size_t i = 0; i < shard.count; ++i) {
    const Tensor& tensor = layout.tensors[shard.first + i].tensor();
    const Tensor& other = named[i];
    const bool same = other.name == tensor.name && other.dtype == tensor.dtype &&
                      other.shape == tensor.shape &&
                      other.offset - head.size() == layout.offsets[shard.first + i];
    if (!same) refuse("it differs in " + quoted(tensor.name));
  }
}

}  // namespace

void require_places(const Plan& plan) {
  Refusals refusals("safetensors");
  for (const PlannedTensor& planned : plan.tensors) require_place(planned, refusals);
  refusals.require_none(plan);
}

void add_file(const Plan& plan, FileContent content, HeadedFiles& files) {
  PlannedShard& shard = files.add_shard(std::move(content.tensors));
  TensorLayout& layout = files.layout;
  for (std::size_t i = shard.first; i < shard.first + shard.count; ++i) {
    layout.offsets.push_back(shard.size);
    shard.size += layout.tensors[i].tensor().size;  // below 2^63 each time
    require_file_size(plan, shard.size);
  }
  HeadedFile& file = files.files.emplace_back();
  file.name = std::move(content.name);
  if (content.head) {
    require_match(plan, *content.head, layout, shard);
    file.head_size = content.head->size();
    file.put_head = [head = std::move(*content.head)](const HeadedFile::Sink& sink) { sink(head.view); };
    return;
  }
  const auto tensors = std::span(layout.tensors).subspan(shard.first, shard.count);
  auto head = std::make_shared<const RenderedHead>(tensors, std::move(content.metadata));
  file.head_size = head->size();
  if (file.head_size - kLengthBytes > kMaxHeaderBytes) {
    throw UnsupportedError({plan.models.front()->path(), {}, {}},
                           "its header would take " + with_thousands(file.head_size - kLengthBytes) +
                               " bytes; safetensors allows " + with_thousands(kMaxHeaderBytes));
  }
  file.put_head = [head = std::move(head)](const HeadedFile::Sink& sink) { head->put(sink); };
}

void put_in_reference_order(std::vector<PlannedTensor>& tensors) {
  // Dtypes in descending order of the library's enum, names in ascending order of their bytes. One that the
  // format does not know is refused later.
  struct Key {
    int rank = 0;
    const std::string* name = nullptr;
    std::size_t index = 0;
  };
  std::vector<Key> keys;
  keys.reserve(tensors.size());
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i].tensor();
    const auto rank = rank_of(tensor.dtype);
    keys.push_back({rank ? static_cast<int>(*rank) : -1, &tensor.name, i});
  }
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    return a.rank != b.rank ? a.rank > b.rank : *a.name < *b.name;
  });
  std::vector<PlannedTensor> in_order;
  in_order.reserve(tensors.size());
  for (const Key& key : keys) in_order.push_back(std::move(tensors[key.index]));
  tensors = std::move(in_order);
}

}  // namespace aerotool::safetensors

#include "formats/gguf/plan_file.hpp"

#include <algorithm>
#include <unordered_map>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/gguf/parse.hpp"
#include "model/ggml_dtype.hpp"
#include "transfer/refusals.hpp"

namespace aerotool::gguf {
namespace {

constexpr std::size_t kMaxDimensions = 4;
constexpr std::size_t kMaxShown = 256;

Where place_of(const PlannedTensor& planned) {
  return {planned.path(), {}, planned.tensor().name.substr(0, kMaxShown)};
}

/// Notes a tensor that the format cannot hold. Throws CorruptError where its size is wrong.
void require_place(const PlannedTensor& planned, bool restored, Refusals& refusals) {
  const Tensor& tensor = planned.tensor();
  const auto refuse = [&](const std::string& reason, const std::string& message) {
    refusals.add(planned, reason, message);
  };
  const auto id = ggml_id(tensor.dtype);
  if (!id) return refusals.add_type(planned);
  if (tensor.shape.size() > kMaxDimensions) {
    return refuse("more than " + std::to_string(kMaxDimensions) + " dimensions",
                  "has " + std::to_string(tensor.shape.size()) + " dimensions; GGUF allows " +
                      std::to_string(kMaxDimensions));
  }
  const bool has_its_name = restored && !planned.is_renamed();
  if (!has_its_name && tensor.name.size() > kLongestName) {
    return refuse("names over " + std::to_string(kLongestName) + " bytes",
                  "its name has " + std::to_string(tensor.name.size()) + " bytes; GGUF allows " +
                      std::to_string(kLongestName));
  }
  if (!has_its_name && tensor.name.find('\0') != std::string::npos)
    return refuse("names with a NUL in them", "its name has a NUL in it, which GGUF does not allow");
  const DType dtype = ggml_dtype(*id).value_or(tensor.dtype);
  const ByteSize size = dtype.size_of(tensor.shape);
  if (!size.bytes)
    return refuse(escape_controls(tensor.dtype.name()) + " rows that are no whole blocks", size.problem);
  const std::string problem = size_problem(tensor, dtype);
  if (!problem.empty()) throw CorruptError(place_of(planned), problem);
}

[[noreturn]] void refuse_carried(const Plan& plan, const std::string& what, const std::string& why) {
  throw CorruptError(
      {plan.models.front()->path(), {}, {}},
      what + " that it carries does not describe its tensors (" + why + "); --include '*' leaves it out");
}

/// Puts the tensors one behind the other: after each the zeros up to the alignment, or what a gap says.
class Placer {
 public:
  Placer(const Plan& plan, std::uint64_t alignment, Gaps gaps)
      : plan_(plan), alignment_(alignment), gaps_(std::move(gaps)) {}

  void place(TensorLayout& layout, PlannedShard& shard) {
    for (std::size_t i = shard.first; i < shard.first + shard.count; ++i) {
      const std::uint64_t size = layout.tensors[i].tensor().size;
      // One without bytes lies at the end of what there is; the head says where it is said to lie.
      if (size != 0) fill_up(shard);
      layout.offsets.push_back(shard.size);
      shard.size += size;
      require_file_size(plan_, shard.size);
    }
    fill_up(shard);
    if (next_ != gaps_.size()) refuse_carried(plan_, "the gap", "it lies inside one, or out of order");
  }

 private:
  /// All that lies between the end of a tensor, or the beginning, and the next tensor, or the end.
  void fill_up(PlannedShard& shard) {
    if (next_ != gaps_.size() && gaps_[next_].first == shard.size) {
      Bytes& bytes = gaps_[next_++].second;
      const std::uint64_t begin = shard.size;
      shard.size += bytes.size();
      if (bytes.size() != 0) shard.fill.emplace_back(begin, std::move(bytes));
    } else {
      shard.size = align_up(shard.size, alignment_);
    }
    require_file_size(plan_, shard.size);
  }

  const Plan& plan_;
  std::uint64_t alignment_;
  Gaps gaps_;
  std::size_t next_ = 0;
};

/// A head that is made from what it is to describe.
struct RenderedHead {
  std::shared_ptr<const Metadata> metadata;
  std::vector<PlannedTensor> tensors;
  std::uint32_t version = 3;
  std::uint64_t alignment = kDefaultAlignment;
  std::string path;  ///< how messages name the model

  std::uint64_t put(const Sink& sink) const {
    return render_head({.version = version,
                        .alignment = alignment,
                        .metadata = *metadata,
                        .tensor_count = tensors.size(),
                        .tensor = [&](std::uint64_t i) -> const Tensor& { return tensors[i].tensor(); },
                        .path = path},
                       sink);
  }
};

/// Throws CorruptError where the tensors do not lie where a rendered head says.
void require_packed(const Plan& plan, const TensorLayout& layout, const PlannedShard& shard,
                    std::uint64_t alignment) {
  std::uint64_t expected = 0;
  for (std::size_t i = shard.first; i < shard.first + shard.count; ++i) {
    const Tensor& tensor = layout.tensors[i].tensor();
    if (tensor.size != 0 && layout.offsets[i] != expected)
      refuse_carried(plan, "the gap", "it moves '" + escape_controls(tensor.name.substr(0, kMaxShown)) + "'");
    expected = align_up(expected + tensor.size, alignment);
  }
}

ParsedHead parse_carried(const Plan& plan, const Bytes& head) {
  try {
    Report report;
    Cursor cursor(plan.models.front()->path(), head.size(), [&](std::uint64_t length) {
      return Bytes{head.view.first(static_cast<std::size_t>(length)), head.owner};
    });
    return parse_head(cursor, report);
  } catch (const Error& error) {
    refuse_carried(plan, "the head", error.message());
  }
}

/// A head from a hostile file must not become a broken file: it has to name the very tensors that are
/// written, where they are written, and end where they begin.
void require_match(const Plan& plan, const ParsedHead& parsed, std::uint64_t head_size,
                   const TensorLayout& layout, const PlannedShard& shard) {
  const auto refuse = [&](const std::string& why) { refuse_carried(plan, "the head", why); };
  // A file without data may end before its data section begins.
  const bool reaches_data =
      head_size == parsed.data_begin || (head_size < parsed.data_begin && shard.size == 0);
  if (!reaches_data) refuse("it does not end where the data section begins");
  if (parsed.tensors.size() != shard.count) refuse("it names " + plural(parsed.tensors.size(), "tensor"));
  std::unordered_map<std::string_view, std::size_t> by_name;
  for (std::size_t i = shard.first; i < shard.first + shard.count; ++i)
    by_name.emplace(layout.tensors[i].tensor().name, i);
  for (const Tensor& named : parsed.tensors) {
    const auto found = by_name.find(named.name);
    bool same = found != by_name.end();
    if (same) {
      const Tensor& tensor = layout.tensors[found->second].tensor();
      const bool in_place = named.size == 0 ? named.offset <= align_up(shard.size, parsed.alignment)
                                            : named.offset == layout.offsets[found->second];
      same = named.dtype == tensor.dtype && named.shape == tensor.shape && in_place;
    }
    if (!same) refuse("it differs in '" + escape_controls(named.name.substr(0, kMaxShown)) + "'");
  }
}

}  // namespace

std::uint64_t alignment_of(const Plan& plan, const Metadata& metadata) {
  const Value* value = metadata.find(kAlignmentKey);
  if (value == nullptr) return kDefaultAlignment;
  if (value->type == ValueType::u32 && is_power_of_two(value->bits)) return value->bits;
  throw CorruptError({plan.models.front()->path(), {}, {}},
                     std::string(kAlignmentKey) + " is not a power of two of type u32");
}

void require_places(const Plan& plan, bool restored) {
  Refusals refusals("GGUF");
  for (const PlannedTensor& planned : plan.tensors) require_place(planned, restored, refusals);
  refusals.require_none(plan);
}

void add_file(const Plan& plan, FileContent content, HeadedFiles& files) {
  auto rendered = std::make_shared<RenderedHead>();
  rendered->metadata = std::move(content.metadata);
  rendered->tensors = content.tensors;
  rendered->version = content.version;
  rendered->path = plan.models.front()->path();
  std::optional<ParsedHead> carried;
  if (content.head) carried = parse_carried(plan, *content.head);
  const std::uint64_t alignment = carried ? carried->alignment : alignment_of(plan, *rendered->metadata);
  rendered->alignment = alignment;

  PlannedShard& shard = files.add_shard(std::move(content.tensors));
  Placer(plan, alignment, std::move(content.gaps)).place(files.layout, shard);
  HeadedFile& file = files.files.emplace_back();
  file.name = std::move(content.name);
  if (carried) {
    require_match(plan, *carried, content.head->size(), files.layout, shard);
    file.head_size = content.head->size();
    file.put_head = [head = std::move(*content.head)](const HeadedFile::Sink& sink) { sink(head.view); };
    return;
  }
  require_packed(plan, files.layout, shard, alignment);
  file.head_size = rendered->put([](ByteSpan) {});
  file.put_head = [head = std::move(rendered)](const HeadedFile::Sink& sink) { head->put(sink); };
}

}  // namespace aerotool::gguf

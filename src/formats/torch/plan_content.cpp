#include "formats/torch/plan_content.hpp"

#include <limits>
#include <optional>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/torch/pickled.hpp"
#include "formats/torch/types.hpp"
#include "formats/torch/written_pickle.hpp"
#include "transfer/carried.hpp"
#include "transfer/planned_objects.hpp"
#include "transfer/recorded_order.hpp"
#include "transfer/refusals.hpp"
#include "transfer/text_metadata.hpp"

namespace aerotool::torch {
namespace {

// More our own reader refuses: it reads 100,000,000 instructions of a pickle.
constexpr std::size_t kMostTensors = 3'000'000;
constexpr std::size_t kMaxName = std::size_t{1} << 16;

/// Whether torch, which counts elements with int64, can say how far it is from one to the next.
bool is_countable(const Shape& shape) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  std::uint64_t step = 1;
  for (const std::uint64_t dimension : shape) {
    if (dimension > kMost) return false;
    const auto next = checked_mul(step, std::max<std::uint64_t>(dimension, 1));
    if (!next || *next > kMost) return false;
    step = *next;
  }
  return true;
}

void require_place(const PlannedTensor& planned, Refusals& refusals) {
  const Tensor& tensor = planned.tensor();
  const ElementType* const type = element_type_of(tensor.dtype);
  if (type == nullptr) {
    refusals.add_type(planned);
  } else if (tensor.shape.size() > kMaxRank) {
    refusals.add(planned, "more than " + std::to_string(kMaxRank) + " dimensions",
                 "a shape of " + std::to_string(tensor.shape.size()) + " dimensions; at most " +
                     std::to_string(kMaxRank) + " are read");
  } else if (const std::string problem = size_problem(tensor, tensor.dtype); !problem.empty()) {
    throw CorruptError({planned.path(), {}, shortened(tensor.name)}, problem);
  } else if (type->values != 1 && (tensor.shape.empty() || tensor.shape.back() % type->values != 0)) {
    refusals.add(planned, "rows of an odd number of " + std::string(tensor.dtype.name()),
                 "torch has " + std::string(tensor.dtype.name()) + " in pairs, and its shape is " +
                     to_string(tensor.shape));
  } else if (!is_countable(tensor.shape)) {
    refusals.add(planned, "more elements than are counted with 63 bits",
                 "its shape " + to_string(tensor.shape) + " is more than torch counts");
  } else if (!is_utf8(tensor.name)) {
    refusals.add(planned, "names that are not UTF-8", "its name is not UTF-8, which keys of a dict are");
  } else if (tensor.name.size() > kMaxName) {
    refusals.add(planned, "names over " + with_thousands(kMaxName) + " bytes",
                 "its name takes " + with_thousands(tensor.name.size()) + " bytes; at most " +
                     with_thousands(kMaxName) + " are read");
  }
}

void require_places(const Plan& plan) {
  if (plan.tensors.size() > kMostTensors) {
    throw UnsupportedError({plan.models.front()->path(), {}, {}},
                           "a pickle of " + with_thousands(plan.tensors.size()) +
                               " tensors is more than is read; at most " + with_thousands(kMostTensors));
  }
  Refusals refusals("PyTorch");
  for (const PlannedTensor& planned : plan.tensors) require_place(planned, refusals);
  refusals.require_none(plan);
}

/// Collects entries that a pickle can hold.
class Collector {
 public:
  explicit Collector(const Plan& plan) : plan_(plan) {}

  void add(std::string_view key, const Value& value) {
    std::string text;
    if (!is_utf8(key)) {
      lose(key, "its key is not UTF-8");
    } else if (!append_value(value, text)) {
      lose(key, "a pickle of weights has no place for this " + std::string(name_of(value.type)));
    } else if (!kept_.add(key, value)) {
      lose(key, "its key is duplicated");
    }
  }
  void add_text(std::string_view key, const std::string& text) {
    if (!text.empty()) add(key, Value::string(text));
  }

  void finish(Content& content) {
    for (std::string& line : kept_.take_lost()) content.lost.push_back(std::move(line));
    if (kept_.untold() != 0)
      content.lost.push_back("metadata: " + plural(kept_.untold(), "more entry", "more entries"));
    content.metadata = std::make_shared<const Metadata>(kept_.take());
  }

 private:
  void lose(std::string_view key, const std::string& why) {
    aerotool::require_place(plan_, key, why);
    kept_.lose(shown(key), why);
  }

  const Plan& plan_;
  TextMetadata kept_;
};

void collect(const Plan& plan, const Source& source, Content& content) {
  Collector collector(plan);
  if (source.metadata) {
    for (const auto& [key, value] : source.metadata->entries) collector.add(key, value);
  } else {
    const Naming named = naming(plan, source);
    const NameKeys keys = name_keys(false);
    collector.add_text(keys.name, named.name);
    collector.add_text(keys.architecture, named.architecture);
    for (const auto& [key, value] : plan.models.front()->own_content().members) {
      if (key.type == ValueType::string && value.type == ValueType::string) collector.add(key.text(), value);
    }
  }
  collector.finish(content);
}

}  // namespace

Content content_of(const Plan& plan) {
  Content content;
  std::vector<std::string> lost_objects;
  require_tensors(plan, "pytorch", lost_objects);
  require_places(plan);
  Carried all = carried(plan);
  Source& source = all.source;
  content.dropped = std::move(all.dropped);
  if (source.format == "pytorch") {
    content.tensors = source.order ? tensors_at(plan, *source.order) : plan.tensors;
    source.order.reset();
  } else {
    content.tensors = plan.tensors;
  }
  add_lost_gaps(source, content.lost);
  drop_layout(source, content.dropped);
  collect(plan, source, content);
  for (std::string& line : lost_index(all.index_metadata)) content.lost.push_back(std::move(line));
  for (std::string& line : lost_objects) content.lost.push_back(std::move(line));
  for (std::string& line : lost_own_content(plan, !source.metadata)) content.lost.push_back(std::move(line));
  return content;
}

}  // namespace aerotool::torch

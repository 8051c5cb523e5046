#include "formats/npy/plan_content.hpp"

#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/npy/npy.hpp"
#include "formats/npy/parse.hpp"
#include "transfer/carried.hpp"
#include "transfer/planned_objects.hpp"
#include "transfer/recorded_order.hpp"
#include "transfer/refusals.hpp"

namespace aerotool::npy {
namespace {

void require_places(const Plan& plan) {
  Refusals refusals("NumPy");
  for (const PlannedTensor& planned : plan.tensors) {
    const Tensor& tensor = planned.tensor();
    if (!written_type(tensor.dtype)) {
      refusals.add_type(planned);
    } else if (tensor.shape.size() > kMaxRank) {
      refusals.add(planned, "more than " + std::to_string(kMaxRank) + " dimensions",
                   "a shape of " + std::to_string(tensor.shape.size()) + " dimensions; NumPy has at most " +
                       std::to_string(kMaxRank));
    } else if (const std::string problem = size_problem(tensor, tensor.dtype); !problem.empty()) {
      throw CorruptError({planned.path(), {}, shortened(tensor.name)}, problem);
    }
  }
  refusals.require_none(plan);
}

/// What somebody asks for is not left out without a word.
void refuse_metadata(const Plan& plan) {
  const std::string why = "NumPy's files hold no metadata";
  // What a merge says of itself nobody has asked for.
  if (!plan.fill_in_texts) {
    for (const auto& [key, value] : plan.edits.metadata.set) require_place(plan, key, why);
  }
  const auto refuse = [&](const std::string& option) {
    throw UnsupportedError({plan.models.front()->path(), {}, {}}, option + ": " + why);
  };
  if (plan.edits.name) refuse("--name");
  if (plan.edits.architecture) refuse("--architecture");
}

void add_lost_metadata(const Plan& plan, const Source& source, std::vector<std::string>& lost) {
  constexpr std::size_t kMaxListed = 10;
  std::vector<std::string> keys;
  if (source.metadata) {
    for (const auto& [key, value] : source.metadata->entries) keys.push_back(key);
  } else {
    const Naming named = naming(plan, source);
    const NameKeys known = name_keys(false);
    if (!named.name.empty()) keys.emplace_back(known.name);
    if (!named.architecture.empty()) keys.emplace_back(known.architecture);
  }
  if (keys.empty()) return;
  lost.push_back("metadata, of which NumPy's files hold none: " + listed(keys, kMaxListed, Quotes::yes));
}

}  // namespace

Content content_of(const Plan& plan, std::string_view format) {
  Content content;
  std::vector<std::string> lost_objects;
  require_tensors(plan, format, lost_objects);
  require_places(plan);
  refuse_metadata(plan);
  Carried all = carried(plan);
  Source& source = all.source;
  content.dropped = std::move(all.dropped);
  if (source.format == "npz") {
    content.tensors = source.order ? tensors_at(plan, *source.order) : plan.tensors;
    source.order.reset();
  } else {
    content.tensors = plan.tensors;
  }
  add_lost_gaps(source, content.lost);
  drop_layout(source, content.dropped);
  add_lost_metadata(plan, source, content.lost);
  for (std::string& line : lost_index(all.index_metadata)) content.lost.push_back(std::move(line));
  for (std::string& line : lost_objects) content.lost.push_back(std::move(line));
  for (std::string& line : lost_own_content(plan, false)) content.lost.push_back(std::move(line));
  std::vector<const Tensor*> tensors;
  tensors.reserve(content.tensors.size());
  for (const PlannedTensor& planned : content.tensors) tensors.push_back(&planned.tensor());
  content.warnings = notes_on_types(tensors);
  return content;
}

std::string header_of(const Tensor& tensor) {
  return header(written_type(tensor.dtype)->descr, tensor.shape);
}

}  // namespace aerotool::npy

#include "tasks/convert/file_type.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "general.file_type";

// llama.h's llama_ftype, of the types that conversions write.
constexpr std::array kFileTypes = {
    std::pair{std::string_view("F32"), 0}, std::pair{std::string_view("F16"), 1},
    std::pair{std::string_view("Q8_0"), 7}, std::pair{std::string_view("BF16"), 32}};

/// The type that most elements of matrices have: vectors are mostly F32, whatever the file is called.
class MostCommon {
 public:
  void add(const Tensor& tensor) {
    if (tensor.shape.size() < 2) return;
    counts_[tensor.dtype.name()] += element_count(tensor.shape).value_or(0);
  }
  std::string_view type() const {
    const auto most = std::ranges::max_element(counts_, {}, [](const auto& entry) { return entry.second; });
    return most == counts_.end() ? std::string_view() : most->first;
  }

 private:
  std::map<std::string_view, std::uint64_t> counts_;
};

}  // namespace

void plan_file_type(Plan& plan) {
  MetadataEdits& edits = plan.edits.metadata;
  if (edits.touches(kKey) || plan.models.front()->metadata().find(kKey) == nullptr) return;
  MostCommon before;
  MostCommon after;
  for (const PlannedTensor& planned : plan.tensors) {
    if (planned.model != nullptr) before.add(planned.model->tensors()[planned.index]);
    after.add(planned.tensor());
  }
  if (before.type() == after.type()) return;
  const auto known =
      std::ranges::find(kFileTypes, after.type(), [](const auto& entry) { return entry.first; });
  if (known == kFileTypes.end()) {
    edits.unset.emplace(kKey);
  } else {
    edits.set.emplace_back(kKey, Value::of(ValueType::u32, static_cast<std::uint64_t>(known->second)));
  }
}

}  // namespace aerotool::tasks

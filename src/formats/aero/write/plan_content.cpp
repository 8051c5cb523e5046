#include "formats/aero/write/plan_content.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "encoding/msgpack/pack.hpp"
#include "formats/aero/write/model_json.hpp"
#include "transfer/unmeasured.hpp"

namespace aerotool::aero {

PlanContent::PlanContent(const Plan& plan) : carried_(carried(plan, Recording::yes)), models_(plan.models) {
  require_measured(plan, "AERO");
  for (const Model* model : models_) extras_.push_back(extras_of(*model));
  for (const std::string& lost : extras().lost) carried_.dropped.push_back(lost);
  for (std::size_t i = 1; i < models_.size(); ++i) {
    const Extras& lost = extras_[i];
    if (lost.chunks.empty() && lost.manifest.empty() && lost.json.empty()) continue;
    carried_.dropped.push_back("chunks and keys of " + escape_controls(models_[i]->path()) +
                               " that this version does not know");
  }
  const Overview view = models_.front()->overview();
  const auto or_else = [](const std::string& text, std::string_view other) {
    return text.empty() ? std::string(other) : replace_invalid_utf8(text);
  };
  const std::string own_name = plan.edits.nameless ? std::string() : view.model_name;
  const bool nameless = !plan.edits.name && own_name.empty();
  model_name_ = plan.edits.name.value_or(or_else(own_name, plan.name_of_input));
  if (nameless && !model_name_.empty()) carried_.source.named_by_path = true;
  if (!source().index) lost_ = lost_index(carried_.index_metadata);
  architecture_ = plan.edits.architecture.value_or(or_else(view.architecture, kUnknownArchitecture));
  edit_json(plan.edits.metadata);
  number_types(plan);
  for (const Object& object : carried_.source.objects) {
    for (const Object::Part& part : object.parts) {
      const PlannedTensor& planned = plan.tensors[part.tensor];
      parts_.emplace(std::pair(planned.model, planned.index), Part{&object, &part});
    }
  }
}

const PlanContent::Part* PlanContent::part_of(const PlannedTensor& planned) const {
  if (parts_.empty() || !planned.is_stored()) return nullptr;
  const auto found = parts_.find({planned.model, planned.index});
  return found == parts_.end() ? nullptr : &found->second;
}

/// Metadata of a file of no other source is in MJSN.
void PlanContent::edit_json(const MetadataEdits& edits) {
  if (edits.empty() || models_.front()->source().metadata) return;
  Metadata members;
  for (const auto& [key, value] : extras_.front().json) members.entries.emplace_back(key.text(), value);
  edits.apply(members, source().format.empty() ? MetadataEdits::New::add : MetadataEdits::New::leave_out);
  MapItems& json = extras_.front().json;
  json.clear();
  for (auto& [key, value] : members.entries) json.emplace_back(Value::string(key), std::move(value));
}

/// quant ids count from 0 in the order in which types first appear among the tensors
/// (src/formats/aero/FORMAT.md, "dtype codes").
void PlanContent::number_types(const Plan& plan) {
  std::map<std::string, std::uint64_t> by_content;
  for (const PlannedTensor& planned : plan.tensors) {
    const DType& dtype = planned.tensor().dtype;
    if (!dtype.is_packed() || quant_ids_.contains(&dtype.packed())) continue;
    PackBuffer content;
    pack_text(content, dtype.packed().codec);
    pack_text(content, dtype.packed().name);
    pack_value(content, dtype.packed().params);
    const auto [same, is_new] = by_content.emplace(std::move(content.bytes), types_.size());
    if (is_new) types_.push_back(&dtype.packed());
    quant_ids_.emplace(&dtype.packed(), same->second);
  }
}

std::optional<std::uint64_t> PlanContent::quant_id(const DType& dtype) const {
  if (!dtype.is_packed()) return std::nullopt;
  return quant_ids_.at(&dtype.packed());
}

const MapItems* PlanContent::tensor_extras(const PlannedTensor& planned) const {
  // Of what no longer has the bytes that they were said of, they need not hold.
  if (!planned.is_stored()) return nullptr;
  const auto model = std::find(models_.begin(), models_.end(), planned.model);
  const auto& tensors = extras_[static_cast<std::size_t>(model - models_.begin())].tensors;
  const auto found = tensors.find(planned.index);
  return found == tensors.end() ? nullptr : &found->second;
}

}  // namespace aerotool::aero

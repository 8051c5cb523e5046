// What every AERO file of a plan says of the model as a whole: one file, or the parts and the index of a set.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/aero/extras.hpp"
#include "transfer/carried.hpp"
#include "transfer/plan.hpp"

namespace aerotool::aero {

class PlanContent {
 public:
  explicit PlanContent(const Plan& plan);

  const Source& source() const { return carried_.source; }
  const std::string& model_name() const { return model_name_; }
  const std::string& architecture() const { return architecture_; }
  /// By quant id.
  const std::vector<const PackedType*>& types() const { return types_; }
  /// Nothing for a dtype that is not packed.
  std::optional<std::uint64_t> quant_id(const DType& dtype) const;
  /// Of the first model.
  const Extras& extras() const { return extras_.front(); }
  /// TIDX members that this version does not know; null where there are none.
  const MapItems* tensor_extras(const PlannedTensor& planned) const;
  /// Where a tensor of the plan stands among its objects; null: in none.
  struct Part {
    const Object* object = nullptr;
    const Object::Part* part = nullptr;
  };
  const Part* part_of(const PlannedTensor& planned) const;
  const std::vector<std::string>& dropped() const { return carried_.dropped; }
  const std::vector<std::string>& lost() const { return lost_; }

 private:
  void number_types(const Plan& plan);
  void edit_json(const MetadataEdits& edits);

  Carried carried_;
  std::vector<const Model*> models_;
  std::vector<Extras> extras_;  // of each model
  std::vector<std::string> lost_;
  std::string model_name_;
  std::string architecture_;
  std::map<std::pair<const Model*, std::size_t>, Part> parts_;  // by the tensor that is stored
  std::vector<const PackedType*> types_;
  std::map<const PackedType*, std::uint64_t> quant_ids_;
};

}  // namespace aerotool::aero

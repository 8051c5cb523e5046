#include "formats/ztensor/write/written_objects.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/ggml_layouts.hpp"
#include "formats/ztensor/layout_rules.hpp"
#include "transfer/planned_objects.hpp"
#include "transfer/refusals.hpp"
#include "transfer/unmeasured.hpp"

namespace aerotool::ztensor {
namespace {

/// What the same layout is called in the older versions and in version 2.
struct Names {
  std::string_view in_1;
  std::string_view in_2;
};
constexpr Names kSparse[] = {{kCsr1, kCsr2}, {kCoo1, kCoo2}};

std::string layout_in(const std::string& layout, Version version) {
  for (const Names& names : kSparse) {
    if (version == Version::v2 && layout == names.in_1) return std::string(names.in_2);
    if (version != Version::v2 && layout == names.in_2) return std::string(names.in_1);
  }
  return layout;
}

/// An object as an index would describe it, for the rules of layouts. Borrows from the object.
ObjectEntry entry_of(const WrittenObject& object, Version version, std::vector<PartFacts>& facts) {
  ObjectEntry entry;
  entry.name = object.name;
  entry.layout = object.layout;
  entry.shape = object.shape;
  if (object.attributes) {
    MapItems items;
    for (const auto& [key, value] : object.attributes->entries) items.emplace_back(Value::string(key), value);
    entry.attributes = Value::map(std::move(items));
  }
  for (const WrittenPart& part : object.parts) {
    PartEntry& made = entry.parts.emplace_back();
    made.role = part.role;
    made.dtype = part.dtype;
    if (!part.type.empty()) made.type = part.type;
    made.length = part.size;
    static_cast<void>(find_facts(made, version, facts.emplace_back()));
  }
  return entry;
}

std::optional<Breach> breach_of(const WrittenObject& object, Version version) {
  std::vector<PartFacts> facts;
  const ObjectEntry entry = entry_of(object, version, facts);
  return layout_breach(entry, facts, version);
}

std::string problem_of_name(std::string_view name, Version version) {
  if (!is_utf8(name)) return "is not UTF-8";
  if (version != Version::v2) return {};
  if (name.empty()) return "is empty";
  if (name.size() > kMaxName) return "has more than " + std::to_string(kMaxName) + " bytes";
  if (name.find('\0') != std::string_view::npos) return "has a NUL in it";
  return {};
}

/// False where the version has no type for it.
bool add_part(WrittenObject& object, const Object::Part& part, const Tensor& tensor, Version version) {
  const auto names = type_names(tensor.dtype, version);
  if (!names || (!part.type.empty() && !names->type.empty())) return false;
  const std::string type = part.type.empty() ? std::string(names->type) : part.type;
  object.parts.push_back({part.role, part.tensor, names->dtype, type, tensor.size});
  return true;
}

/// Collects what the version cannot hold, of objects that are gone through once.
class Judge {
 public:
  Judge(const Plan& plan, Version version) : plan_(plan), version_(version) {}

  void judge(std::size_t tensor) {
    const PlannedTensor& planned = plan_.tensors[tensor];
    const auto object = written_tensor(planned.tensor(), tensor, version_);
    object ? judge(*object, planned) : refuse_type(planned);
  }

  void judge(const Object& planned) {
    const auto tensor_at = [this](std::size_t tensor) -> const Tensor& {
      return plan_.tensors[tensor].tensor();
    };
    const auto object = written_object(planned, tensor_at, version_);
    if (object) return judge(*object, plan_.tensors[planned.parts.front().tensor]);
    for (const Object::Part& part : planned.parts) {
      WrittenObject unused;
      if (!add_part(unused, part, tensor_at(part.tensor), version_)) refuse_type(plan_.tensors[part.tensor]);
    }
  }

  void require_none() const { refusals_.require_none(plan_); }

 private:
  void refuse_type(const PlannedTensor& planned) {
    if (!refuse_unmeasured(planned, refusals_)) refusals_.add_type(planned);
  }

  void judge(const WrittenObject& object, const PlannedTensor& planned) {
    const auto refuse = [&](const std::string& reason, const std::string& message) {
      refusals_.add(planned, reason, message);
    };
    std::string problem = problem_of_name(object.name, version_);
    if (!problem.empty())
      return refuse("names of another form", "a tensor's name " + problem + ", which zTensor does not allow");
    for (const WrittenPart& part : object.parts) {
      problem = problem_of_name(part.role, version_);
      if (!problem.empty())
        return refuse("roles of another form",
                      "the name of a part " + problem + ", which zTensor does not allow");
    }
    if (object.shape.size() > kMaxRank) {
      return refuse("more than " + std::to_string(kMaxRank) + " dimensions",
                    "a shape of " + std::to_string(object.shape.size()) +
                        " dimensions; zTensor has at most " + std::to_string(kMaxRank));
    }
    if (const auto breach = breach_of(object, version_)) {
      throw CorruptError({planned.path(), {}, shortened(object.name)}, said(breach->rule, breach->message),
                         code_of(breach->rule));
    }
  }

  const Plan& plan_;
  Version version_;
  Refusals refusals_{"zTensor"};
};

}  // namespace

std::optional<WrittenObject> written_tensor(const Tensor& tensor, std::size_t index, Version version) {
  WrittenObject object;
  object.name = tensor.name;
  object.shape = tensor.shape;
  if (version == Version::v2) object.layout = layout_of_blocks(tensor.dtype);
  if (object.layout.empty()) {
    object.layout = kDense;
    if (!add_part(object, {std::string(kData), index, {}}, tensor, version)) return std::nullopt;
    return object;
  }
  const PackedType& blocks = tensor.dtype.packed();
  object.attributes.emplace().entries = {{std::string(kBlockElements), Value::u64(blocks.block_elements)},
                                         {std::string(kBlockBytes), Value::u64(blocks.block_bytes)}};
  object.parts.push_back({std::string(kData), index, "u8", {}, tensor.size});
  return object;
}

std::optional<WrittenObject> written_object(const Object& object, const TensorAt& tensor_at,
                                            Version version) {
  WrittenObject written;
  written.name = object.name;
  written.layout = layout_in(object.layout, version);
  written.shape = object.shape;
  if (object.attributes && !object.attributes->entries.empty()) written.attributes = object.attributes;
  for (const Object::Part& part : object.parts) {
    if (!add_part(written, part, tensor_at(part.tensor), version)) return std::nullopt;
  }
  std::ranges::sort(written.parts, {}, &WrittenPart::role);
  // What does not keep the rules of a layout that was looser in the other version keeps its old name, which
  // has none here.
  if (written.layout != object.layout && breach_of(written, version)) written.layout = object.layout;
  return written;
}

WrittenObjects::WrittenObjects(const Plan& plan, Version version)
    : plan_(plan), version_(version), planned_(planned_objects(plan)) {
  std::vector<bool> is_part(plan.tensors.size());
  entries_.reserve(plan.tensors.size());
  Judge judge(plan, version);
  for (std::size_t i = 0; i < planned_.size(); ++i) {
    for (const Object::Part& part : planned_[i].parts) is_part[part.tensor] = true;
    judge.judge(planned_[i]);
    entries_.push_back({static_cast<std::uint32_t>(i), true});
  }
  for (std::size_t i = 0; i < plan.tensors.size(); ++i) {
    if (is_part[i]) continue;
    judge.judge(i);
    entries_.push_back({static_cast<std::uint32_t>(i), false});
  }
  judge.require_none();
  const auto name = [this](const Entry& entry) -> const std::string& { return name_of(entry); };
  // As most plans have them.
  if (!std::ranges::is_sorted(entries_, {}, name)) std::ranges::sort(entries_, {}, name);
  const auto twice = std::ranges::adjacent_find(entries_, {}, name);
  if (twice != entries_.end()) {
    throw UnsupportedError({plan.models.front()->path(), {}, shortened(name_of(*twice))},
                           "an object and a tensor, or two objects, have this name; zTensor holds one");
  }
  number_parts();
}

void WrittenObjects::number_parts() {
  part_tensors_.reserve(plan_.tensors.size());
  if (!planned_.empty()) first_parts_.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    if (!planned_.empty()) first_parts_.push_back(part_tensors_.size());
    if (!entry.is_object) {
      part_tensors_.push_back(entry.number);
      continue;
    }
    for (const WrittenPart& part : made(entry).parts) part_tensors_.push_back(part.tensor);
  }
}

WrittenObject WrittenObjects::at(std::size_t number) const {
  return made(entries_[number]);
}

const std::string& WrittenObjects::name(std::size_t number) const {
  return name_of(entries_[number]);
}

std::size_t WrittenObjects::first_part(std::size_t number) const {
  return first_parts_.empty() ? number : first_parts_[number];
}

std::vector<std::uint32_t> WrittenObjects::key_order() const {
  std::vector<std::uint32_t> order(entries_.size());
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  // Shorter names are first among keys; those of one length stand in order already.
  const auto length = [this](std::uint32_t number) { return name(number).size(); };
  if (!std::ranges::is_sorted(order, {}, length)) std::ranges::stable_sort(order, {}, length);
  return order;
}

/// What the constructor has looked at is there.
WrittenObject WrittenObjects::made(const Entry& entry) const {
  if (!entry.is_object) return *written_tensor(plan_.tensors[entry.number].tensor(), entry.number, version_);
  return *written_object(
      planned_[entry.number],
      [this](std::size_t tensor) -> const Tensor& { return plan_.tensors[tensor].tensor(); }, version_);
}

const std::string& WrittenObjects::name_of(const Entry& entry) const {
  return entry.is_object ? planned_[entry.number].name : plan_.tensors[entry.number].tensor().name;
}

}  // namespace aerotool::ztensor

#include "formats/ztensor/write/written_objects.hpp"

#include <algorithm>
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

class Writing {
 public:
  Writing(const Plan& plan, Version version) : plan_(plan), version_(version) {}

  std::vector<WrittenObject> run() {
    std::vector<bool> is_part(plan_.tensors.size());
    for (const Object& object : planned_objects(plan_)) {
      for (const Object::Part& part : object.parts) is_part[part.tensor] = true;
      add(object);
    }
    for (std::size_t i = 0; i < plan_.tensors.size(); ++i) {
      if (!is_part[i]) add(i);
    }
    refusals_.require_none(plan_);
    std::ranges::sort(objects_, {}, &WrittenObject::name);
    const auto twice = std::ranges::adjacent_find(objects_, {}, &WrittenObject::name);
    if (twice != objects_.end()) {
      throw UnsupportedError({plan_.models.front()->path(), {}, shortened(twice->name)},
                             "an object and a tensor, or two objects, have this name; zTensor holds one");
    }
    return std::move(objects_);
  }

 private:
  void refuse_type(const PlannedTensor& planned) {
    const std::string type = escape_controls(planned.tensor().dtype.name());
    if (!refuse_unmeasured(planned, refusals_))
      refusals_.add(planned, "no type for " + type, "zTensor has no type for " + type);
  }

  void add(std::size_t tensor) {
    const PlannedTensor& planned = plan_.tensors[tensor];
    auto object = written_tensor(planned.tensor(), tensor, version_);
    object ? keep(std::move(*object), planned) : refuse_type(planned);
  }

  void add(const Object& planned) {
    const auto tensor_at = [this](std::size_t tensor) -> const Tensor& {
      return plan_.tensors[tensor].tensor();
    };
    auto object = written_object(planned, tensor_at, version_);
    if (object) return keep(std::move(*object), plan_.tensors[planned.parts.front().tensor]);
    for (const Object::Part& part : planned.parts) {
      WrittenObject unused;
      if (!add_part(unused, part, tensor_at(part.tensor), version_)) refuse_type(plan_.tensors[part.tensor]);
    }
  }

  void keep(WrittenObject object, const PlannedTensor& planned) {
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
    objects_.push_back(std::move(object));
  }

  const Plan& plan_;
  Version version_;
  Refusals refusals_{"zTensor"};
  std::vector<WrittenObject> objects_;
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

std::vector<WrittenObject> written_objects(const Plan& plan, Version version) {
  return Writing(plan, version).run();
}

}  // namespace aerotool::ztensor

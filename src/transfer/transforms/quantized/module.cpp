#include "transfer/transforms/quantized/module.hpp"

#include <algorithm>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "transfer/transforms/stored_values.hpp"

namespace aerotool::quantized {
namespace {

std::string either(std::initializer_list<std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text;
}

}  // namespace

void Module::refuse(QuantRole role, const std::string& why) const {
  const std::size_t index = group_.tensor(role);
  throw UnsupportedError({model_.path_of(index), {}, model_.tensors()[index].name}, why);
}

void Module::refuse_config(const std::string& what) const {
  refuse(config_.file() + " says " + shortened(escape_controls(what)));
}

void Module::require_method(std::string_view layout, std::initializer_list<std::string_view> methods) const {
  if (!config_.says_anything()) {
    refuse("looks like " + std::string(layout) + ", but no config.json beside it says how it is quantized");
  }
  if (std::ranges::find(methods, std::string_view(config_.method())) != methods.end()) return;
  refuse("looks like " + std::string(layout) + ", but " + config_.file() + " says that the method is '" +
         shortened(escape_controls(config_.method())) + "'");
}

void Module::require_dtype(QuantRole role, std::initializer_list<std::string_view> dtypes) const {
  const std::string_view dtype = tensor(role).dtype.name();
  if (std::ranges::find(dtypes, dtype) != dtypes.end()) return;
  refuse(role, "has the dtype " + std::string(dtype) + ", not " + either(dtypes));
}

void Module::require_shape(QuantRole role, const Shape& shape) const {
  if (tensor(role).shape == shape) return;
  const std::size_t index = group_.tensor(role);
  throw CorruptError({model_.path_of(index), {}, tensor(role).name},
                     "has the shape " + to_string(tensor(role).shape) + ", not the " + to_string(shape) +
                         " that its codes ask for");
}

void Module::require_shape(QuantRole role, std::initializer_list<std::uint64_t> shape) const {
  require_shape(role, Shape(shape.begin(), shape.end()));
}

void Module::require_only(std::initializer_list<QuantRole> roles) const {
  for (std::size_t role = 0; role < kQuantRoles; ++role) {
    const auto one = static_cast<QuantRole>(role);
    if (!has(one) || one == QuantRole::input_scale || std::ranges::find(roles, one) != roles.end()) continue;
    refuse(one, "is not known beside codes like these");
  }
}

void Module::require_few_groups(std::uint64_t groups) const {
  if (groups <= kMostIndexedGroups) return;
  refuse(QuantRole::group_index, "is the index of " + with_thousands(groups) + " groups, more than the " +
                                     with_thousands(kMostIndexedGroups) + " that are decoded");
}

void Module::require_said(const Value& map, std::string_view key, std::uint64_t number) const {
  if (!says(map, key)) return;
  const auto said = unsigned_at(map, key);
  if (said == number) return;
  refuse(config_.file() + " says " + std::string(key) + " " +
         (said ? std::to_string(*said) : "in another form") + ", but the tensors have " +
         std::to_string(number));
}

std::shared_ptr<const ValueSource> Module::numbers(QuantRole role) const {
  if (is(role, DTypeCode::u8)) return stored_values(stored(role), FloatKind::f8_e8m0);
  return stored_values(stored(role));
}

std::shared_ptr<const ValueSource> Module::one_number(QuantRole role) const {
  if (element_count(tensor(role).shape) != 1U) {
    refuse(role, "has the shape " + to_string(tensor(role).shape) + ", not one number");
  }
  require_dtype(role, {"F32", "BF16", "F16"});
  return numbers(role);
}

QuantizedWeight Module::weight(std::string layout, Shape shape,
                               std::shared_ptr<const ValueSource> values) const {
  return weight_called(std::string(group_.name) + ".weight", std::move(layout), std::move(shape),
                       std::move(values));
}

QuantizedWeight Module::weight_called(std::string name, std::string layout, Shape shape,
                                      std::shared_ptr<const ValueSource> values) const {
  QuantizedWeight weight{std::move(name), std::move(shape), std::move(layout), {}, std::move(values)};
  for (const std::uint32_t index : group_.tensors) {
    if (index != QuantizedModule::kNone) weight.consumed.push_back(index);
  }
  return weight;
}

}  // namespace aerotool::quantized

#include "formats/ztensor/judged_object.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace aerotool::ztensor {

Breach broken_layout(std::string message) {
  return {Rule::layout_rule, std::move(message)};
}

JudgedObject::JudgedObject(const ObjectEntry& entry, std::span<PartFacts> facts, Version version)
    : entry_(entry),
      facts_(facts),
      version_(version),
      elements_(element_count(entry.shape).value_or(0)),
      attributes_(entry.attributes ? &*entry.attributes : nullptr) {}

PartFacts& JudgedObject::facts(std::string_view role) const {
  const auto part = std::ranges::find(entry_.parts, role, &PartEntry::role);
  return facts_[static_cast<std::size_t>(part - entry_.parts.begin())];
}

const Value* JudgedObject::attribute(std::string_view key) const {
  return attributes_ == nullptr ? nullptr : attributes_->find(key);
}

std::optional<std::uint64_t> JudgedObject::number(std::string_view key) const {
  const Value* const value = attribute(key);
  if (value == nullptr || !value->is_unsigned()) return std::nullopt;
  return value->bits;
}

std::string_view JudgedObject::word(const Value* map, std::string_view key) {
  const Value* const value = map == nullptr ? nullptr : map->find(key);
  return value == nullptr || value->type != ValueType::string ? std::string_view{} : value->text();
}

std::optional<Breach> JudgedObject::require_parts(std::initializer_list<std::string_view> roles) const {
  for (const std::string_view role : roles) {
    if (std::ranges::find(entry_.parts, role, &PartEntry::role) == entry_.parts.end())
      return broken_layout("the layout needs a part '" + std::string(role) + "'");
  }
  for (const PartEntry& part : entry_.parts) {
    if (std::ranges::find(roles, part.role) == roles.end())
      return broken_layout("the layout has no part '" + escape_controls(shortened(part.role)) + "'");
  }
  return std::nullopt;
}

std::optional<Breach> JudgedObject::require_index(std::string_view role) const {
  const PartFacts& index = facts(role);
  const bool is_wide = index.stored == DTypeCode::u32 || index.stored == DTypeCode::u64;
  if (index.is_plain_integer() && (is_wide || !is_2())) return std::nullopt;
  return broken_layout("'" + std::string(role) + "' has to be of " + (is_2() ? "u32 or u64" : "integers"));
}

std::optional<Breach> JudgedObject::require_size(std::string_view role, std::optional<std::uint64_t> size,
                                                 Rule rule, std::string_view asked_by) const {
  const PartFacts& part = facts(role);
  if (!size)
    return Breach{rule == Rule::dense_size ? Rule::shape : rule,
                  "the size of '" + std::string(role) + "' exceeds 2^64"};
  if (part.has_unknown_type || !part.size || *part.size == *size) return std::nullopt;
  return Breach{rule, "'" + std::string(role) + "' has " + plural(*part.size, "byte") + ", and " +
                          std::string(asked_by) + " asks for " + with_thousands(*size)};
}

std::optional<Breach> JudgedObject::require_no_attributes() const {
  if (!is_2() || attributes_ == nullptr || attributes_->map().empty()) return std::nullopt;
  return broken_layout("the layout has no attributes");
}

}  // namespace aerotool::ztensor

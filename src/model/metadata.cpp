#include "model/metadata.hpp"

namespace aerotool {

const Value* Metadata::find(std::string_view key) const {
  for (const auto& [name, value] : entries) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string_view Metadata::text(std::string_view key) const {
  const Value* value = find(key);
  return value != nullptr && value->type == ValueType::string ? value->text() : std::string_view{};
}

}  // namespace aerotool

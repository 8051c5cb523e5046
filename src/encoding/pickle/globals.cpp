#include "encoding/pickle/globals.hpp"

#include <algorithm>

#include "encoding/pickle/limits.hpp"

namespace aerotool::pickle {

std::optional<std::size_t> Globals::meet(std::string_view module, std::string_view name,
                                         std::uint64_t offset) {
  std::string key(module);
  key += '\n';
  key += name;
  const auto known = indexes_.find(key);
  if (known != indexes_.end()) return known->second;
  if (list_.size() == kMaxGlobals) return std::nullopt;
  Global& global = list_.emplace_back();
  global.module = module;
  global.name = name;
  global.offset = offset;
  indexes_.emplace(std::move(key), list_.size() - 1);
  return list_.size() - 1;
}

bool is_plain_name(std::string_view name) {
  bool begins = true;
  for (const char c : name) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '<' ||
                        c == '>' || static_cast<unsigned char>(c) >= 0x80;
    if (c == '.' ? begins : !letter && (!digit || begins)) return false;
    begins = c == '.';
  }
  return !begins;
}

}  // namespace aerotool::pickle

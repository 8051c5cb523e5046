// An object while the rules of its layout are judged: what these ask of it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "formats/ztensor/facts.hpp"

namespace aerotool::ztensor {

/// A breach of a layout's rules.
Breach broken_layout(std::string message);

class JudgedObject {
 public:
  /// `facts[i]` is what is known of `entry.parts[i]`; the shape has a number of elements.
  JudgedObject(const ObjectEntry& entry, std::span<PartFacts> facts, Version version);

  bool is_2() const { return version_ == Version::v2; }
  const Shape& shape() const { return entry_.shape; }
  std::uint64_t elements() const { return elements_; }
  /// Of a part that is required.
  PartFacts& facts(std::string_view role) const;
  bool has_attribute(std::string_view key) const { return attribute(key) != nullptr; }
  /// Null where there is none.
  const Value* attribute(std::string_view key) const;
  /// Of an attribute that is an integer and not negative.
  std::optional<std::uint64_t> number(std::string_view key) const;
  /// Of an attribute that is text, and of an entry of a map that is; empty where there is none.
  std::string_view word(std::string_view key) const { return word(attributes_, key); }
  static std::string_view word(const Value* map, std::string_view key);

  /// These parts and no others.
  std::optional<Breach> require_parts(std::initializer_list<std::string_view> roles) const;
  /// The part holds places in the shape.
  std::optional<Breach> require_index(std::string_view role) const;
  /// A size of nothing exceeds 2^64. What is not known of the part is not judged.
  std::optional<Breach> require_size(std::string_view role, std::optional<std::uint64_t> size,
                                     Rule rule = Rule::layout_rule,
                                     std::string_view asked_by = "the shape") const;
  std::optional<Breach> require_no_attributes() const;

 private:
  const ObjectEntry& entry_;
  std::span<PartFacts> facts_;
  Version version_;
  std::uint64_t elements_;
  const Value* attributes_;
};

}  // namespace aerotool::ztensor

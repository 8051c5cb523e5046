// Values as a user writes them, of a type that is asked for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "encoding/value.hpp"

namespace aerotool {

/// A type of values, as a user names it: "u32", "string", and with "[]" behind it an array of such. "json":
/// whatever a JSON text says.
struct ValueSort {
  ValueType type = ValueType::string;
  ValueType element = ValueType::null;  ///< of an array
  bool json = false;

  /// Nothing where no sort has the name.
  static std::optional<ValueSort> named(std::string_view name);
  /// That of a value; nothing where it is none of those that have names. What JSON alone can say is json.
  static std::optional<ValueSort> of(const Value& value);

  std::string name() const;
};

/// The names of all sorts, for messages.
std::string_view names_of_sorts();

/// A value from its text: an integer in plain digits, a float that is rounded once, true or false, a string
/// as it stands, an array as JSON. Throws nothing: `problem` says why there is none, such as "is not in the
/// range of u8".
std::optional<Value> value_of_text(const ValueSort& sort, std::string_view text, std::string& problem);

}  // namespace aerotool

// What tells one state of a remote file from another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "io/url.hpp"

namespace aerotool::io {

/// As a server says it. A weak entity tag may stay where bytes change, so that it tells nothing.
struct RemoteState {
  Origin origin;  ///< whose tag it is
  std::string tag;
  std::string date;  ///< of the last change
  std::uint64_t size = 0;

  /// One text for a state: a strong tag and whose it is, else a date and the size; empty where there is
  /// neither.
  std::string validator() const;
};

/// The state that has such a text; nothing where it is none.
std::optional<RemoteState> state_of_validator(std::string_view validator, std::uint64_t size);

}  // namespace aerotool::io

// Which input it is, and which state of it: what tells whether two inputs are one, and whether one has
// changed.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace aerotool::io {

/// Two inputs of one identity are one thing under two names. Of a file: device and inode.
struct Identity {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;

  auto operator<=>(const Identity&) const = default;
};

/// What changes when the bytes of an input change. Of a file: size and time of the last change.
struct Version {
  std::uint64_t size = 0;
  std::int64_t seconds = 0;
  std::int64_t nanoseconds = 0;

  bool operator==(const Version&) const = default;
};

/// Of the regular file that a location leads to, by way of links, or that standard input is. Nothing where no
/// regular file is there, or where the user may not look for one. Throws IoError.
std::optional<Identity> identity_at(const std::string& location);

}  // namespace aerotool::io

template <>
struct std::hash<aerotool::io::Identity> {
  std::size_t operator()(const aerotool::io::Identity& identity) const noexcept {
    // Inodes count up, devices are few.
    return std::hash<std::uint64_t>()(identity.inode ^ (identity.device << 32U));
  }
};

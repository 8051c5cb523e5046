// Files on their way: the names that they have beside their targets until they are whole, and what killed
// runs have left of them.
#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "io/fd.hpp"

namespace aerotool::io {

/// A new temporary name for a target: ".NAME.aerotool-PID-RANDOM".
std::string temporary_name(const std::string& target);

/// Whether a name is that of a temporary for one of these targets.
bool is_temporary_of(const std::string& name, const std::unordered_set<std::string>& targets);

/// A temporary that no running process holds locked. It is locked while this is held.
struct Stale {
  Fd fd;
  std::string name;
  std::string target;  ///< as the name tells it, cut where the target's is long
};

/// What killed runs have left in a directory.
std::vector<Stale> find_stale(int directory);

/// Removes what killed runs have left of these targets.
void remove_stale(int directory, const std::vector<std::string>& targets);

}  // namespace aerotool::io

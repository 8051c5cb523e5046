// Whether names differ, for the many tensors of which hardly ever two have the same name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace aerotool {

/// Hashes of strings that should all differ.
class DistinctHashes {
 public:
  void reserve(std::size_t count) { hashes_.reserve(count); }
  void add(std::string_view text) { hashes_.push_back(std::hash<std::string_view>{}(text)); }

  /// True where no string was added twice. False where one was, or, which takes strings chosen for it, where
  /// hashes are too much alike to tell: the caller has to compare the strings. Linear time.
  bool differ() const;

 private:
  std::vector<std::uint64_t> hashes_;
};

}  // namespace aerotool

// Text from a source of another kind, on its way into a target's metadata.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/metadata.hpp"

namespace aerotool {

/// Collects entries, each key once, and lines that tell of those that the target has no place for.
class TextMetadata {
 public:
  /// False where the key is there already.
  bool add(std::string_view key, Value text);
  bool add(std::string_view key, std::string text) { return add(key, Value::string(std::move(text))); }
  /// `shown` is the key as messages hold it. A hostile source has millions: only the first ones get a line.
  void lose(const std::string& shown, const std::string& why);

  bool empty() const { return metadata_.entries.empty(); }
  Metadata take() { return std::move(metadata_); }
  std::vector<std::string> take_lost() { return std::move(lost_); }
  /// How many were lost that got no line.
  std::uint64_t untold() const { return untold_; }

 private:
  Metadata metadata_;
  std::unordered_set<std::string> keys_;
  std::vector<std::string> lost_;
  std::uint64_t untold_ = 0;
};

}  // namespace aerotool

// Files beside an index, of which there may be more than a process can have open: those that were used last
// are.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "io/input.hpp"

namespace aerotool::io {

class FewOpen {
 public:
  static constexpr std::size_t kMaxOpen = 64;

  /// It outlives this.
  explicit FewOpen(const Input& index) : index_(index) {}
  FewOpen(const FewOpen&) = delete;
  FewOpen& operator=(const FewOpen&) = delete;

  /// As open_beside(). Thread-safe.
  std::shared_ptr<Input> open(const std::string& relative) const;
  /// Throws IoError where one of those that are open has changed; others were looked at when they were
  /// closed.
  void require_unchanged() const;

 private:
  const Input& index_;
  mutable std::mutex mutex_;
  /// The one that was used last is the first.
  mutable std::deque<std::pair<std::string, std::shared_ptr<Input>>> open_;
};

}  // namespace aerotool::io

#include "io/few_open.hpp"

#include <algorithm>

#include "io/relative_path.hpp"

namespace aerotool::io {

std::shared_ptr<Input> FewOpen::open(const std::string& relative) const {
  const std::lock_guard lock(mutex_);
  const auto known =
      std::ranges::find(open_, relative, [](const auto& entry) -> const std::string& { return entry.first; });
  if (known != open_.end()) {
    std::rotate(open_.begin(), known, known + 1);
    return open_.front().second;
  }
  auto input = open_beside(index_, relative);
  if (open_.size() == kMaxOpen) {
    open_.back().second->require_unchanged();
    open_.pop_back();
  }
  open_.emplace_front(relative, std::move(input));
  return open_.front().second;
}

void FewOpen::require_unchanged() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [relative, input] : open_) input->require_unchanged();
}

}  // namespace aerotool::io

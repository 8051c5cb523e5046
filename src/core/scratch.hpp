// Room for what is being computed, which nobody fills before.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace aerotool {

template <typename T>
class Scratch {
 public:
  explicit Scratch(std::size_t count)
      : elements_(std::make_unique_for_overwrite<T[]>(count)), count_(count) {}

  std::span<T> span() { return {elements_.get(), count_}; }
  std::span<const T> span() const { return {elements_.get(), count_}; }
  std::span<T> first(std::size_t count) { return span().first(count); }

 private:
  std::unique_ptr<T[]> elements_;  // NOLINT(modernize-avoid-c-arrays): std::vector would fill it
  std::size_t count_;
};

}  // namespace aerotool

// Many small numbers in a row, which never move: a vector that grows needs room for all of them twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aerotool::dcp {

template <typename T>
class Blocks {
 public:
  std::uint64_t size() const { return size_; }
  /// Bytes.
  std::uint64_t memory() const { return blocks_.size() * kEach * sizeof(T); }

  void push_back(T value) {
    if (size_ % kEach == 0) {
      blocks_.emplace_back();
      blocks_.back().reserve(kEach);
    }
    blocks_.back().push_back(value);
    ++size_;
  }

  T& operator[](std::uint64_t index) { return blocks_[index / kEach][index % kEach]; }
  const T& operator[](std::uint64_t index) const { return blocks_[index / kEach][index % kEach]; }

 private:
  static constexpr std::size_t kEach = 8192;

  std::vector<std::vector<T>> blocks_;
  std::uint64_t size_ = 0;
};

}  // namespace aerotool::dcp

// Memory for what is fetched and not yet read, shared by all inputs of a run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace aerotool::io {

/// Buffers of kBytes. They are used again, since new memory costs as much as copying.
class WindowBuffers {
 public:
  static constexpr std::uint64_t kBytes = std::uint64_t{8} << 20;
  static constexpr std::size_t kMost = 4;

  using Buffer = std::unique_ptr<std::byte[]>;

  /// For what is being waited for.
  Buffer take();
  /// For what is not yet waited for; null where kMost are in use.
  Buffer take_spare();
  void give_back(Buffer buffer) noexcept;
  /// Whether kMost are in use.
  bool is_short() const;

 private:
  Buffer take_locked();

  mutable std::mutex mutex_;
  std::vector<Buffer> free_;
  std::size_t used_ = 0;
};

}  // namespace aerotool::io

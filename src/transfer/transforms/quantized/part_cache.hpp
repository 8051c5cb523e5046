// Parts of tensors that were read in another order than they are asked for, kept for the next ones who ask.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

namespace aerotool {
class Model;
}

namespace aerotool::quantized {

/// What the weights of all models that are decoded side by side share, so that what is held does not grow
/// with their number. Thread-safe.
class PartCache {
 public:
  using Bytes = std::vector<std::byte>;

  /// `models`: how many are read side by side, piece by piece. All of them keep the parts that they read
  /// next.
  explicit PartCache(std::size_t models = 1);

  struct Key {
    std::size_t tensor = 0;
    std::uint64_t part = 0;
    const Model* model = nullptr;  ///< whose tensor; null where there is only one model
    friend bool operator==(const Key&, const Key&) = default;
  };

  /// What `load` returns, or returned not long ago; those who ask for one part at the same time wait for one
  /// load. Throws what it throws.
  std::shared_ptr<const Bytes> get(const Key& key, const std::function<Bytes()>& load);

  /// What a part should not be larger than.
  std::size_t part_bytes() const { return part_bytes_; }

 private:
  struct Part {
    Key key;
    std::mutex loading;
    std::shared_ptr<const Bytes> bytes;  // under `loading`
    std::size_t size = 0;                // under the cache's mutex
  };

  void keep(const std::shared_ptr<Part>& part, std::size_t size);

  std::size_t part_bytes_;
  std::size_t most_parts_;
  std::mutex mutex_;
  std::list<std::shared_ptr<Part>> parts_;  // the last one used first
};

}  // namespace aerotool::quantized

#include "transfer/transforms/quantize_q8_0.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "codecs/ggml/encode_q8_0.hpp"
#include "core/error.hpp"
#include "core/scratch.hpp"

namespace aerotool {
namespace {

constexpr std::uint64_t kElements = 32;
constexpr std::uint64_t kBytes = 34;
constexpr std::uint64_t kBlocksAtOnce = 512;

class Q8Bytes final : public ByteSource {
 public:
  Q8Bytes(std::shared_ptr<const ValueSource> values, std::string name)
      : values_(std::move(values)), name_(std::move(name)) {}

  std::uint64_t size() const override { return values_->count() / kElements * kBytes; }
  std::uint64_t unit() const override {
    return std::max<std::uint64_t>(values_->unit() / kElements, 1) * kBytes;
  }
  const std::string& path() const override { return values_->path(); }
  std::vector<StoredTensor> inputs() const override { return values_->inputs(); }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    Scratch<float> numbers(kBlocksAtOnce * kElements);
    Scratch<std::byte> bytes(kBlocksAtOnce * kBytes);
    const std::uint64_t end = offset + out.size();
    for (std::uint64_t at = offset; at < end;) {
      const std::uint64_t block = at / kBytes;
      const std::uint64_t last =
          std::min(block / kBlocksAtOnce * kBlocksAtOnce + kBlocksAtOnce, (end + kBytes - 1) / kBytes);
      const std::uint64_t blocks = last - block;
      const auto values = numbers.first(blocks * kElements);
      const auto made = bytes.first(blocks * kBytes);
      values_->read(block * kElements, values);
      if (!ggml::encode_q8_0(values, made)) {
        throw UnsupportedError({path(), {}, name_},
                               "cannot be quantized to Q8_0: it has NaN, or values too large for its scales");
      }
      const std::uint64_t next = std::min(end, last * kBytes);
      std::memcpy(out.data() + (at - offset), made.data() + (at - block * kBytes), next - at);
      at = next;
    }
  }

 private:
  std::shared_ptr<const ValueSource> values_;
  std::string name_;
};

}  // namespace

std::shared_ptr<const ByteSource> quantize_q8_0(std::shared_ptr<const ValueSource> values, std::string name) {
  return std::make_shared<Q8Bytes>(std::move(values), std::move(name));
}

}  // namespace aerotool

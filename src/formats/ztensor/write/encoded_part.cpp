#include "formats/ztensor/write/encoded_part.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/reversed.hpp"
#include "io/zstd_encoder.hpp"

namespace aerotool::ztensor {
namespace {

io::ForwardReader::Next begin_encoding(const io::ReadAt& read, std::uint64_t size, Encoding encoding) {
  if (encoding == Encoding::zstd) {
    auto frame = std::make_shared<io::ZstdFrameEncoder>(
        read, 0, size, io::ZstdFrameEncoder::Settings{.level = kUsualLevel, .checksum = false});
    return [frame](std::span<std::byte> out) { return frame->next(out); };
  }
  auto frames = std::make_shared<io::SeekableZstdEncoder>(read, size, kFrameContent, kUsualLevel);
  return [frames](std::span<std::byte> out) { return frames->next(out); };
}

class EncodedSource final : public ByteSource {
 public:
  EncodedSource(PlannedTensor planned, Encoding encoding, std::uint64_t stored)
      : planned_(std::move(planned)),
        size_(stored),
        encoded_(
            encoded([this](std::uint64_t offset, std::span<std::byte> out) { planned_.read(offset, out); },
                    planned_.tensor().size, encoding, stored,
                    {planned_.path(), {}, shortened(planned_.tensor().name)})) {}

  std::uint64_t size() const override { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override { encoded_->read(offset, out); }
  const std::string& path() const override { return planned_.path(); }
  bool in_order() const override { return true; }
  std::vector<StoredTensor> inputs() const override { return planned_.inputs(); }

 private:
  PlannedTensor planned_;
  std::uint64_t size_;
  std::unique_ptr<io::ForwardReader> encoded_;
};

class SwappedSource final : public ByteSource {
 public:
  SwappedSource(PlannedTensor planned, std::uint64_t width) : planned_(std::move(planned)), width_(width) {}

  std::uint64_t size() const override { return planned_.tensor().size; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    const auto read = [this](std::uint64_t at, std::span<std::byte> bytes) { planned_.read(at, bytes); };
    read_reversed(read, size(), width_, offset, out);
  }
  const std::string& path() const override { return planned_.path(); }
  std::uint64_t unit() const override { return width_; }
  std::vector<StoredTensor> inputs() const override { return planned_.inputs(); }

 private:
  PlannedTensor planned_;
  std::uint64_t width_;
};

}  // namespace

std::unique_ptr<io::ForwardReader> encoded(io::ReadAt read, std::uint64_t size, Encoding encoding,
                                           std::uint64_t stored, Where where) {
  return std::make_unique<io::ForwardReader>(
      stored, [read = std::move(read), size, encoding] { return begin_encoding(read, size, encoding); },
      [where = std::move(where), stored](std::uint64_t, bool) {
        throw CorruptError(where,
                           "does not encode to the " + plural(stored, "byte") + " that the source had");
      });
}

bool encodes_alike(const io::ReadAt& read, std::uint64_t size, Encoding encoding,
                   const io::ReadAt& read_stored, std::uint64_t stored) {
  const io::ForwardReader::Next next = begin_encoding(read, size, encoding);
  constexpr std::size_t kAtOnce = std::size_t{128} << 10;
  std::vector<std::byte> made(kAtOnce);
  std::vector<std::byte> there(kAtOnce);
  for (std::uint64_t at = 0;;) {
    const std::size_t count = next(made);
    if (count > stored - at) return false;
    const auto expected = std::span(there).first(count);
    if (count != 0) read_stored(at, expected);
    if (!std::equal(expected.begin(), expected.end(), made.begin())) return false;
    at += count;
    if (count < made.size()) return at == stored;
  }
}

std::shared_ptr<const ByteSource> stored_form(const PlannedTensor& planned, Encoding encoding,
                                              std::uint64_t stored, std::uint64_t swapped_width) {
  if (encoding != Encoding::raw) return std::make_shared<EncodedSource>(planned, encoding, stored);
  return std::make_shared<SwappedSource>(planned, swapped_width);
}

}  // namespace aerotool::ztensor

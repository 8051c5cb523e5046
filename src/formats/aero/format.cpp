#include <algorithm>

#include "core/checked.hpp"
#include "formats/aero/layout.hpp"
#include "formats/aero/read/reader.hpp"
#include "formats/aero/write/writer.hpp"
#include "transfer/format.hpp"

namespace aerotool {
namespace aero {
namespace {

class AeroFormat : public Format {
 public:
  std::string_view name() const override { return "aero"; }
  std::vector<std::string_view> extensions() const override { return {".aero"}; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view /*path*/) const override {
    return chars_of(head).starts_with(kMagic) ? 100 : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<AeroModel>(std::move(input), report);
  }

  /// The end of the last payload, where the whole TOC is at hand.
  std::optional<std::uint64_t> declared_size(ByteSpan head) const override {
    constexpr std::size_t kAtTocOffset = 12;
    if (head.size() < kHeaderBytes) return std::nullopt;
    const auto toc = load_le<std::uint64_t>(head, kAtTocOffset);
    if (!range_fits(toc, kTocHeaderBytes, head.size())) return std::nullopt;
    const std::uint64_t entries = load_le<std::uint32_t>(head, toc);
    if (!range_fits(toc + kTocHeaderBytes, entries * kTocEntryBytes, head.size())) return std::nullopt;
    std::uint64_t size = head.size();
    for (std::uint64_t i = 0; i < entries; ++i) {
      const std::uint64_t entry = toc + kTocHeaderBytes + i * kTocEntryBytes;
      const auto end =
          checked_add(load_le<std::uint64_t>(head, entry + 8), load_le<std::uint64_t>(head, entry + 16));
      if (!end) return std::nullopt;
      size = std::max(size, *end);
    }
    return size;
  }

  const Writer* writer() const override { return &writer_; }

 private:
  AeroWriter writer_;
};

}  // namespace
}  // namespace aero

const Format& aero_format() {
  static const aero::AeroFormat format;
  return format;
}

}  // namespace aerotool

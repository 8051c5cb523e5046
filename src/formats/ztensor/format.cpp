#include "transfer/format.hpp"

#include "core/bytes.hpp"
#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/reader.hpp"
#include "formats/ztensor/write/writer.hpp"
#include "formats/ztensor/write/writer_1.hpp"

namespace aerotool {
namespace {

class ZTensorFormat final : public Format {
 public:
  std::string_view name() const override { return "ztensor"; }
  std::vector<std::string_view> extensions() const override { return {".zt"}; }

  int probe(ByteSpan head, std::uint64_t, std::string_view) const override {
    const std::string_view text = chars_of(head);
    const bool is_known = text.starts_with(ztensor::kMagic2) || text.starts_with(ztensor::kMagic1) ||
                          text.starts_with(ztensor::kMagic01);
    return is_known ? 100 : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<ztensor::ZTensorModel>(std::move(input), report);
  }

  /// The index is at the end: the first bytes do not tell.
  std::optional<std::uint64_t> declared_size(ByteSpan) const override { return std::nullopt; }

  const Writer* writer() const override { return &writer_; }

 private:
  ztensor::ZTensorWriter writer_;
};

/// The same files, written in version 1.2.
class ZTensor1Format final : public Format {
 public:
  std::string_view name() const override { return "ztensor-1.2"; }
  std::vector<std::string_view> extensions() const override { return {}; }
  /// The content of a file is told from any other by the format that comes first.
  int probe(ByteSpan, std::uint64_t, std::string_view) const override { return 0; }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<ztensor::ZTensorModel>(std::move(input), report);
  }
  std::optional<std::uint64_t> declared_size(ByteSpan) const override { return std::nullopt; }

  const Writer* writer() const override { return &writer_; }

 private:
  ztensor::ZTensor1Writer writer_;
};

}  // namespace

const Format& ztensor_1_2_format() {
  static const ZTensor1Format format;
  return format;
}

const Format& ztensor_format() {
  static const ZTensorFormat format;
  return format;
}

}  // namespace aerotool

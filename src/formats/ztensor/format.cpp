#include "transfer/format.hpp"

#include "core/bytes.hpp"
#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/reader.hpp"
#include "formats/ztensor/shard_file.hpp"
#include "formats/ztensor/write/set_writer.hpp"
#include "formats/ztensor/write/writer.hpp"
#include "formats/ztensor/write/writer_1.hpp"

namespace aerotool {
namespace {

/// Both words read all versions; each writes one.
class ZTensorFormat final : public Format {
 public:
  /// `leads`: it is found by content and extension.
  ZTensorFormat(std::string_view name, bool leads, const Writer& writer, const SetWriter* set_writer)
      : name_(name), leads_(leads), writer_(writer), set_writer_(set_writer) {}

  std::string_view name() const override { return name_; }
  std::vector<std::string_view> extensions() const override {
    if (leads_) return {ztensor::kExtension};
    return {};
  }

  int probe(ByteSpan head, std::uint64_t, std::string_view) const override {
    const std::string_view text = chars_of(head);
    const bool is_known = text.starts_with(ztensor::kMagic2) || text.starts_with(ztensor::kMagic1) ||
                          text.starts_with(ztensor::kMagic01);
    return leads_ && is_known ? 100 : 0;
  }

  std::vector<std::string> files_beside(const std::string& path,
                                        std::span<const std::string> names) const override {
    return ztensor::shards_among(path, names);
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<ztensor::ZTensorModel>(std::move(input), report);
  }

  /// The index is at the end: the first bytes do not tell.
  std::optional<std::uint64_t> declared_size(ByteSpan) const override { return std::nullopt; }

  const Writer* writer() const override { return &writer_; }
  const SetWriter* set_writer() const override { return set_writer_; }

 private:
  std::string_view name_;
  bool leads_;
  const Writer& writer_;
  const SetWriter* set_writer_;
};

}  // namespace

const Format& ztensor_format() {
  static const ztensor::ZTensorWriter writer;
  static const ztensor::ZTensorSetWriter set_writer;
  static const ZTensorFormat format("ztensor", true, writer, &set_writer);
  return format;
}

const Format& ztensor_1_2_format() {
  static const ztensor::ZTensor1Writer writer;
  static const ZTensorFormat format("ztensor-1.2", false, writer, nullptr);
  return format;
}

}  // namespace aerotool

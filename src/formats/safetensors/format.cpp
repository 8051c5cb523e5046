// What the registry knows of safetensors.
#include "transfer/format.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "formats/safetensors/config.hpp"
#include "formats/safetensors/parse.hpp"
#include "formats/safetensors/part_name.hpp"
#include "formats/safetensors/reader.hpp"
#include "formats/safetensors/writer.hpp"
#include "io/spool.hpp"
#include "model/quantized_modules.hpp"

namespace aerotool {
namespace safetensors {
namespace {

/// Finds where the last tensor ends.
class EndFinder final : public HeaderVisitor {
 public:
  std::optional<std::uint64_t> end() const { return sound_ ? std::optional(end_) : std::nullopt; }

  void metadata_begins() override {}
  void metadata_entry(std::string_view, std::string_view) override {}
  void entry(const HeaderEntry& entry) override {
    if (entry.data_offsets) end_ = std::max(end_, (*entry.data_offsets)[1]);
  }
  void defect(std::string_view, std::string) override { sound_ = false; }

 private:
  bool sound_ = true;
  std::uint64_t end_ = 0;
};

class SafetensorsFormat final : public Format {
 public:
  std::string_view name() const override { return "safetensors"; }
  std::vector<std::string_view> extensions() const override { return {kExtension}; }

  int probe(ByteSpan head, std::uint64_t size, std::string_view /*path*/) const override {
    constexpr int kSure = 90;
    constexpr int kCutShort = 50;  // a length within the cap and a `{`, but the header passes the file's end
    if (!begins_like_header(head)) return 0;
    return header_length(head) <= size - kLengthBytes ? kSure : kCutShort;
  }

  std::optional<NumberedName> numbered(std::string_view path) const override { return part_name(path); }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    auto model = std::make_unique<SafetensorsModel>(input, report);
    // A config.json beside it may be another model's; what is asked of it must be worth that.
    if (model->path() != io::kStandardInput && needs_configuration(model->tensors()))
      model->take_configuration(config_beside(*input, report));
    warn_of_part_alone(model->path(), report);
    return model;
  }

  std::optional<std::uint64_t> declared_size(ByteSpan head) const override {
    if (head.size() < kLengthBytes) return std::nullopt;
    const std::uint64_t length = header_length(head);
    if (length > kMaxHeaderBytes || length > head.size() - kLengthBytes) return std::nullopt;
    EndFinder finder;
    if (parse_header(chars_of(head.subspan(kLengthBytes, length)), finder)) return std::nullopt;
    const auto end = finder.end();
    return end ? checked_add(kLengthBytes + length, *end) : std::nullopt;
  }

  const Writer* writer() const override { return &writer_; }

 private:
  SafetensorsWriter writer_;
};

}  // namespace
}  // namespace safetensors

const Format& safetensors_format() {
  static const safetensors::SafetensorsFormat format;
  return format;
}

}  // namespace aerotool

// What the registry knows of NumPy archives.
#include "transfer/format.hpp"

#include "core/bytes.hpp"
#include "encoding/zip/records.hpp"
#include "formats/npz/reader.hpp"
#include "formats/npz/writer.hpp"

namespace aerotool {
namespace {

class NpzFormat final : public Format {
 public:
  std::string_view name() const override { return "npz"; }
  std::vector<std::string_view> extensions() const override { return {".npz"}; }
  bool stands_back() const override { return true; }

  int probe(ByteSpan head, std::uint64_t, std::string_view path) const override {
    constexpr int kSure = 90;  // the first member is an array
    constexpr int kByName = 50;
    const std::string_view text = chars_of(head);
    const bool is_named = path.ends_with(".npz");
    if (text.starts_with(zip::kEnd)) return is_named ? kByName : 0;
    if (!text.starts_with(zip::kLocalHeader) || head.size() < zip::kLocalBytes) return 0;
    const std::string_view name = text.substr(zip::kLocalBytes, load_le<std::uint16_t>(head, 26));
    return name.ends_with(".npy") ? kSure : is_named ? kByName : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<npz::NpzModel>(std::move(input), report);
  }

  /// The directory is at the end: the first bytes do not tell.
  std::optional<std::uint64_t> declared_size(ByteSpan) const override { return std::nullopt; }

  const Writer* writer() const override {
    static const npz::NpzWriter writer;
    return &writer;
  }
};

}  // namespace

const Format& npz_format() {
  static const NpzFormat format;
  return format;
}

}  // namespace aerotool

// What the registry knows of PyTorch checkpoints.
#include "transfer/format.hpp"

#include <algorithm>

#include "core/bytes.hpp"
#include "encoding/zip/records.hpp"
#include "formats/torch/reader.hpp"
#include "formats/torch/writer.hpp"

namespace aerotool {
namespace torch {
namespace {

class TorchFormat final : public Format {
 public:
  std::string_view name() const override { return "pytorch"; }
  std::vector<std::string_view> extensions() const override { return {".pt", ".pth", ".ckpt", ".bin"}; }
  bool stands_back() const override { return true; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kSure = 90;
    constexpr int kByName = 60;
    switch (kind_of(head)) {
      case FileKind::none:
        return 0;
      case FileKind::legacy:
        return kSure;
      case FileKind::archive:
        if (is_first_member(chars_of(head), head)) return kSure;
        break;
      case FileKind::tar:
        break;
    }
    const auto names = extensions();
    return std::ranges::any_of(names, [&](std::string_view ending) { return path.ends_with(ending); })
               ? kByName
               : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<TorchModel>(std::move(input), std::string_view(), report);
  }

  std::unique_ptr<Model> open_key(const std::shared_ptr<io::Input>& input, std::string_view key,
                                  Report& report) const override {
    return std::make_unique<TorchModel>(input, key, report);
  }

  /// The directory is at the end, and the storages say how long they are: the first bytes do not tell.
  std::optional<std::uint64_t> declared_size(ByteSpan /*head*/) const override { return std::nullopt; }

  const Writer* writer() const override {
    static const TorchWriter writer;
    return &writer;
  }
  /// The others are called so by other kinds of content, too.
  bool is_written_as(std::string_view path) const override {
    return path.ends_with(".pt") || path.ends_with(".pth");
  }

 private:
  /// What torch writes first: the pickle, and of TorchScript a storage.
  static bool is_first_member(std::string_view text, ByteSpan head) {
    if (head.size() < zip::kLocalBytes) return false;
    const std::string_view name = text.substr(zip::kLocalBytes, load_le<std::uint16_t>(head, 26));
    return name.ends_with("/data.pkl") || name.ends_with("/data/0");
  }
};

}  // namespace
}  // namespace torch

const Format& torch_format() {
  static const torch::TorchFormat format;
  return format;
}

}  // namespace aerotool

// What the registry knows of PyTorch checkpoints in several files under an index
// (src/formats/torch_sharded/FORMAT.md).
#include "transfer/format.hpp"

#include "formats/safetensors_sharded/parse.hpp"
#include "formats/safetensors_sharded/reader.hpp"
#include "formats/torch/reader.hpp"

namespace aerotool {
namespace torch_sharded {
namespace {

constexpr std::string_view kExtension = ".bin.index.json";

std::unique_ptr<Model> read_part(std::shared_ptr<io::Input> file, Report& report) {
  return std::make_unique<torch::TorchModel>(std::move(file), std::string_view(), report);
}

constexpr safetensors_sharded::PartKind kParts{"pytorch", "PyTorch", ".bin", read_part, false};

/// How many bytes at the end of a path say that it is an index: .bin.index.json, or .bin.index.VARIANT.json
/// as diffusers calls it; 0 where it is none.
std::size_t index_ending(std::string_view path) {
  constexpr std::string_view kBegin = ".bin.index.";
  constexpr std::string_view kEnd = ".json";
  if (path.ends_with(kExtension)) return kExtension.size();
  const std::size_t begin = path.rfind(kBegin);
  if (begin == std::string_view::npos || !path.ends_with(kEnd)) return 0;
  const std::string_view rest = path.substr(begin + kBegin.size());
  if (rest.size() <= kEnd.size()) return 0;
  const std::string_view variant = rest.substr(0, rest.size() - kEnd.size());
  return variant.find_first_of("./") == std::string_view::npos ? path.size() - begin : 0;
}

class ShardedFormat final : public Format {
 public:
  std::string_view name() const override { return kParts.format; }
  std::vector<std::string_view> extensions() const override { return {kExtension}; }
  std::size_t ending_in(std::string_view path) const override { return index_ending(path); }
  Standing standing() const override { return Standing::index; }
  bool stands_back() const override { return true; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kByName = 95;
    constexpr int kByContent = 60;
    const std::string_view text = chars_of(head);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') return 0;
    if (index_ending(path) != 0) return kByName;
    const std::size_t map = text.find("\"weight_map\"");
    if (map == std::string_view::npos) return 0;
    return text.find(".bin\"", map) != std::string_view::npos ? kByContent : 0;
  }

  std::vector<std::string> files_of_index(std::string_view text) const override {
    Report report(Report::Mode::judge);
    return safetensors_sharded::read_index({}, text, report).files();
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<safetensors_sharded::ShardedModel>(std::move(input), report, kParts);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan /*head*/) const override { return std::nullopt; }
};

}  // namespace
}  // namespace torch_sharded

const Format& torch_sharded_format() {
  static const torch_sharded::ShardedFormat format;
  return format;
}

}  // namespace aerotool

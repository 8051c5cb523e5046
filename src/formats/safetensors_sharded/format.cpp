// What the registry knows of sharded safetensors.
#include "transfer/format.hpp"

#include "formats/safetensors/part_name.hpp"
#include "formats/safetensors_sharded/parse.hpp"
#include "formats/safetensors_sharded/reader.hpp"
#include "formats/safetensors_sharded/writer.hpp"

namespace aerotool {
namespace safetensors_sharded {
namespace {

class ShardedFormat final : public Format {
 public:
  std::string_view name() const override { return "safetensors"; }
  std::vector<std::string_view> extensions() const override { return {kIndexExtension}; }
  std::size_t ending_in(std::string_view path) const override { return index_ending(path); }

  /// The indexes of other formats of weights are made alike, but for the names of their files.
  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kByName = 95;
    constexpr int kByContent = 60;
    const std::string_view text = chars_of(head);
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') return 0;
    if (index_ending(path) != 0) return kByName;
    const std::size_t map = text.find("\"weight_map\"");
    if (map == std::string_view::npos) return 0;
    return text.find(".safetensors\"", map) != std::string_view::npos ? kByContent : 0;
  }

  Standing standing() const override { return Standing::index; }

  std::vector<std::string> files_of_index(std::string_view text) const override {
    Report report(Report::Mode::judge);
    return read_index({}, text, report).files();
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<ShardedModel>(std::move(input), report);
  }

  std::unique_ptr<Model> open_numbered(const std::shared_ptr<io::Input>& input,
                                       Report& report) const override {
    const auto name = safetensors::part_name(input->name());
    if (!name || name->count == 1) return nullptr;
    return std::make_unique<ShardedModel>(input, *name, report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan /*head*/) const override { return std::nullopt; }

  const SetWriter* set_writer() const override { return &writer_; }

 private:
  ShardedWriter writer_;
};

}  // namespace
}  // namespace safetensors_sharded

const Format& safetensors_sharded_format() {
  static const safetensors_sharded::ShardedFormat format;
  return format;
}

}  // namespace aerotool

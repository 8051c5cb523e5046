// What the registry knows of AEROSET.
#include "transfer/format.hpp"

#include "formats/aeroset/layout.hpp"
#include "formats/aeroset/parse.hpp"
#include "formats/aeroset/reader.hpp"
#include "formats/aeroset/writer.hpp"

namespace aerotool {
namespace aeroset {
namespace {

class AerosetFormat final : public Format {
 public:
  std::string_view name() const override { return "aeroset"; }
  std::vector<std::string_view> extensions() const override { return {".aeroset.json"}; }
  Standing standing() const override { return Standing::set; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kByName = 95;
    constexpr int kByContent = 60;
    const std::string_view text = chars_of(head);
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || text[first] != '{') return 0;
    if (path.ends_with(extensions().front())) return kByName;
    return text.find("\"AEROSET\"") != std::string_view::npos ? kByContent : 0;
  }

  std::vector<std::string> files_of_index(std::string_view text) const override {
    Report report(Report::Mode::judge);
    const SetIndex index = read_set_index(text, {}, report);
    std::vector<std::string> files = {index.tensor_index.path};
    for (const SetPart& part : index.parts) files.push_back(part.path);
    return files;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<AerosetModel>(std::move(input), report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan) const override { return std::nullopt; }

  const SetWriter* set_writer() const override { return &writer_; }

 private:
  AerosetWriter writer_;
};

}  // namespace
}  // namespace aeroset

const Format& aeroset_format() {
  static const aeroset::AerosetFormat format;
  return format;
}

}  // namespace aerotool

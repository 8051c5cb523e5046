#include "formats/gguf/format.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/gguf/layout.hpp"
#include "formats/gguf/parse.hpp"
#include "formats/gguf/reader.hpp"
#include "formats/gguf/split.hpp"
#include "formats/gguf/writer.hpp"

namespace aerotool {
namespace {

/// One part of a split model, whose name does not tell those of the others, is read as a model of its own.
void warn_of_part(const Model& model, Report& report) {
  const Metadata metadata = model.metadata();
  const auto count = gguf::split_number(metadata, gguf::kSplitCountKey);
  if (!count || *count <= 1) return;
  const auto number = gguf::split_number(metadata, gguf::kSplitNumberKey);
  const std::string part = number && *number < *count ? "part " + std::to_string(*number + 1) : "one part";
  report.warning(Code::part_alone, {model.path(), {}, {}},
                 "is " + part + " of " + std::to_string(*count) +
                     " of a split model, and read alone: its name is not that of a part, as in "
                     "NAME-00001-of-00003.gguf");
}

class GgufFormat final : public Format {
 public:
  std::string_view name() const override { return "gguf"; }
  std::vector<std::string_view> extensions() const override { return {".gguf"}; }

  int probe(ByteSpan head, std::uint64_t, std::string_view) const override {
    return chars_of(head).starts_with(gguf::kMagic) ? 100 : 0;
  }

  /// A split model's parts have the same extension.
  std::optional<NumberedName> numbered(std::string_view path) const override {
    return gguf::split_name(path);
  }
  bool first_leads() const override { return true; }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    auto model = std::make_unique<gguf::GgufModel>(std::move(input), report);
    warn_of_part(*model, report);
    if (!report.judging()) model->other_types().report(model->path(), report);
    return model;
  }

  /// The last padding, which a file may lack, is not counted.
  std::optional<std::uint64_t> declared_size(ByteSpan head) const override {
    try {
      Report report;
      gguf::Cursor cursor({}, head.size(), [&](std::uint64_t length) {
        return Bytes{head.first(static_cast<std::size_t>(length)), nullptr};
      });
      const gguf::ParsedHead parsed = gguf::parse_head(cursor, report);
      std::uint64_t size = parsed.infos_end;
      for (const Tensor& tensor : parsed.tensors) {
        if (tensor.size == 0) continue;
        const auto begin = checked_add(parsed.data_begin, tensor.offset);
        const auto end = begin ? checked_add(*begin, tensor.size) : std::nullopt;
        if (!end) return std::nullopt;
        size = std::max(size, *end);
      }
      return size;
    } catch (const Error&) {
      return std::nullopt;
    }
  }

  const Writer* writer() const override { return &writer_; }

 private:
  gguf::GgufWriter writer_;
};

}  // namespace

const Format& gguf_format() {
  static const GgufFormat format;
  return format;
}

}  // namespace aerotool

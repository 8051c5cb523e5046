// What the registry knows of split GGUF models.
#include "transfer/format.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/gguf/format.hpp"
#include "formats/gguf/layout.hpp"
#include "formats/gguf/split.hpp"
#include "formats/gguf_split/reader.hpp"
#include "formats/gguf_split/writer.hpp"
#include "model/missing_parts.hpp"

namespace aerotool {
namespace gguf_split {
namespace {

class SplitFormat final : public Format {
 public:
  std::string_view name() const override { return "gguf"; }
  /// A part has the extension of a whole model, and is found by the whole of its name.
  std::vector<std::string_view> extensions() const override { return {}; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kNarrower = 110;  // than any GGUF file
    return chars_of(head).starts_with(gguf::kMagic) && gguf::split_name(path) ? kNarrower : 0;
  }

  std::optional<NumberedName> numbered(std::string_view path) const override {
    return gguf::split_name(path);
  }
  bool first_leads() const override { return true; }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    const auto name = gguf::split_name(input->name());
    if (!name) return gguf_format().open(std::move(input), report);
    auto model = std::make_unique<gguf::GgufModel>(input, report);
    const Metadata metadata = model->metadata();
    // A name may look like a part's by chance, and one part of one is a whole model.
    const bool whole = !gguf::says_split(metadata) ||
                       (name->count == 1 && gguf::split_number(metadata, gguf::kSplitCountKey) == 1);
    if (whole) {
      if (!report.judging()) model->other_types().report(model->path(), report);
      return model;
    }
    if (name->part != 1) {
      // The same answer as where another part is missing.
      const std::vector<std::string> names = part_names(*name);
      const std::vector<std::size_t> missing = missing_parts(input->name(), names);
      if (!missing.empty() && missing.front() == 0)
        throw CorruptError({input->name(), {}, {}}, tell_missing(names, missing), Code::missing);
      throw UsageError(describe({input->name(), {}, {}},
                                "is part " + std::to_string(name->part) + " of " +
                                    std::to_string(name->count) +
                                    "; name the first part: " + escape_controls(part_path(*name, 1))));
    }
    return std::make_unique<SplitModel>(std::move(input), std::move(model), *name, report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan head) const override {
    return gguf_format().declared_size(head);
  }

  const SetWriter* set_writer() const override { return &writer_; }

 private:
  SplitWriter writer_;
};

}  // namespace
}  // namespace gguf_split

const Format& gguf_split_format() {
  static const gguf_split::SplitFormat format;
  return format;
}

}  // namespace aerotool

#include "formats/gguf/format.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "formats/gguf/head.hpp"
#include "formats/gguf/parse.hpp"
#include "formats/gguf/reader.hpp"

namespace aerotool {
namespace {

class GgufFormat final : public Format {
 public:
  std::string_view name() const override { return "gguf"; }
  std::vector<std::string_view> extensions() const override { return {".gguf"}; }

  int probe(ByteSpan head, std::uint64_t, std::string_view) const override {
    return chars_of(head).starts_with(gguf::kMagic) ? 100 : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<gguf::GgufModel>(std::move(input), report);
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
};

}  // namespace

const Format& gguf_format() {
  static const GgufFormat format;
  return format;
}

}  // namespace aerotool

// What the registry knows of single NumPy arrays.
#include "transfer/format.hpp"

#include "core/bytes.hpp"
#include "core/checked.hpp"
#include "formats/npy/parse.hpp"
#include "formats/npy/reader.hpp"
#include "formats/npy/writer.hpp"

namespace aerotool {
namespace {

class NpyFormat final : public Format {
 public:
  std::string_view name() const override { return "npy"; }
  std::vector<std::string_view> extensions() const override { return {".npy"}; }
  bool stands_back() const override { return true; }

  int probe(ByteSpan head, std::uint64_t, std::string_view) const override {
    return chars_of(head).starts_with(npy::kMagic) ? 100 : 0;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<npy::NpyModel>(std::move(input), report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan head) const override {
    npy::Types types;
    const npy::Look look = [&](std::uint64_t offset, std::size_t length) {
      if (!range_fits(offset, length, head.size())) throw npy::HeadProblem("more than is there");
      return head.subspan(offset, length);
    };
    try {
      const npy::Array array = npy::read_array(UINT64_MAX, look, types);
      return checked_add(array.tensor.offset, array.tensor.size);
    } catch (const npy::HeadProblem&) {
      return std::nullopt;
    }
  }

  const Writer* writer() const override {
    static const npy::NpyWriter writer;
    return &writer;
  }
};

}  // namespace

const Format& npy_format() {
  static const NpyFormat format;
  return format;
}

}  // namespace aerotool

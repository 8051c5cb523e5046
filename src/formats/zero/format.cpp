// What the registry knows of DeepSpeed's checkpoints.
#include "transfer/format.hpp"

#include "formats/zero/files.hpp"
#include "formats/zero/reader.hpp"

namespace aerotool {
namespace zero {
namespace {

class ZeroFormat final : public Format {
 public:
  std::string_view name() const override { return "zero"; }
  std::vector<std::string_view> extensions() const override { return {}; }
  std::size_t ending_in(std::string_view path) const override {
    const std::string_view name = path.substr(path.rfind('/') + 1);
    return name == kLatest || name == kLatestUniversal || is_checkpoint_file(name) ? name.size() : 0;
  }

  Standing standing() const override { return Standing::index; }
  bool stands_back() const override { return true; }

  /// More than a checkpoint of its own.
  int probe(ByteSpan /*head*/, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kByName = 95;
    return ending_in(path) != 0 ? kByName : 0;
  }

  /// The first of the files stands for all.
  std::vector<std::string> files_beside(const std::string& path,
                                        std::span<const std::string> names) const override {
    const std::string own = path.substr(path.rfind('/') + 1);
    std::vector<std::string> parts;
    for (const std::string& name : names) {
      // A universal one beside it was made of it.
      const bool is_other = name == kLatestUniversal && own == kLatest;
      const bool is_named = own == kLatest || own == kLatestUniversal || name > own;
      if (is_other || (is_checkpoint_file(name) && is_named)) parts.push_back(name);
    }
    return parts;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return std::make_unique<ZeroModel>(std::move(input), report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan /*head*/) const override { return std::nullopt; }
};

}  // namespace
}  // namespace zero

const Format& zero_format() {
  static const zero::ZeroFormat format;
  return format;
}

}  // namespace aerotool

// What the registry knows of distributed checkpoints.
#include "transfer/format.hpp"

#include <algorithm>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "formats/dcp/rank_files.hpp"
#include "formats/dcp/ranks.hpp"
#include "formats/dcp/reader.hpp"
#include "formats/dcp/shards.hpp"
#include "formats/safetensors/reader.hpp"
#include "formats/torch/reader.hpp"

namespace aerotool {
namespace dcp {
namespace {

constexpr std::string_view kPartExtension = ".distcp";

std::string_view name_in(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

class DcpFormat final : public Format {
 public:
  std::string_view name() const override { return "dcp"; }
  std::vector<std::string_view> extensions() const override { return {}; }
  std::size_t ending_in(std::string_view path) const override {
    const std::string_view name = name_in(path);
    return name == kIndexName || rank_of_index(name) || shard_name(name) || rank_file_name(name) ? name.size()
                                                                                                 : 0;
  }

  Standing standing() const override { return Standing::index; }
  /// A model that is written beside its last checkpoint is what somebody wants.
  bool stands_back() const override { return true; }

  int probe(ByteSpan head, std::uint64_t /*size*/, std::string_view path) const override {
    constexpr int kByName = 80;
    constexpr int kPart = 100;  // more than a file of the items in it
    constexpr int kOneOfSeveral = 95;
    constexpr std::string_view kMarks[] = {"torch.distributed.checkpoint",
                                           "torch.distributed._shard.checkpoint",
                                           "megatron.core.dist_checkpointing"};
    const std::string_view text = chars_of(head);
    const bool is_named = ending_in(path) != 0;
    if (path.ends_with(kPartExtension)) return kPart;
    // More than a file of the kind that it is.
    const std::string_view name = name_in(path);
    if (shard_name(name)) return safetensors::begins_like_header(head) ? kOneOfSeveral : 0;
    if (rank_file_name(name)) return torch::kind_of(head) != torch::FileKind::none ? kOneOfSeveral : 0;
    if (!text.starts_with('\x80')) return is_named ? 1 : 0;
    // Where the module of the first object stands.
    constexpr std::size_t kFront = 128;
    const bool is_marked = std::ranges::any_of(kMarks, [&](std::string_view mark) {
      return text.substr(0, kFront).find(mark) != std::string_view::npos;
    });
    return is_marked || is_named ? kByName : 0;
  }

  /// Others of its processes.
  std::vector<std::string> files_beside(const std::string& path,
                                        std::span<const std::string> names) const override {
    const std::string_view own = name_in(path);
    const auto rank = rank_of_index(own);
    std::vector<std::string> parts;
    for (const std::string& name : names) {
      const auto other = rank_of_index(name);
      const bool is_rank = other && (own == kIndexName || (rank && *other > *rank));
      if (is_rank || is_after(own, name)) parts.push_back(name);
    }
    return parts;
  }

  std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const override {
    return open_any(input, std::string_view(), report);
  }
  std::unique_ptr<Model> open_key(const std::shared_ptr<io::Input>& input, std::string_view key,
                                  Report& report) const override {
    return open_any(input, key, report);
  }

  std::optional<std::uint64_t> declared_size(ByteSpan /*head*/) const override { return std::nullopt; }

 private:
  /// Whether both are of one checkpoint without an index, of which the first file stands for all.
  static bool is_after(std::string_view own, std::string_view name) {
    const auto shard = shard_name(own);
    const auto other_shard = shard_name(name);
    if (shard && other_shard) return shard->count == other_shard->count && name > own;
    const auto file = rank_file_name(own);
    const auto other_file = rank_file_name(name);
    return file && other_file && file->of == other_file->of && other_file->rank > file->rank;
  }

  static std::unique_ptr<Model> open_any(const std::shared_ptr<io::Input>& input, std::string_view key,
                                         Report& report) {
    refuse_part(*input);
    const std::string_view name = name_in(input->name());
    if (shard_name(name))
      return std::make_unique<DcpModel>(input, parts_of_shards(*input, report), key, report);
    if (rank_file_name(name))
      return std::make_unique<DcpModel>(input, parts_of_rank_files(*input, report), key, report);
    return std::make_unique<DcpModel>(input, key, report);
  }

  static void refuse_part(const io::Input& input) {
    if (!input.name().ends_with(kPartExtension)) return;
    throw UsageError(
        describe({input.name(), {}, {}},
                 "is one of the files of a distributed checkpoint, and its index is .metadata beside "
                 "it: name the directory"));
  }
};

}  // namespace
}  // namespace dcp

const Format& dcp_format() {
  static const dcp::DcpFormat format;
  return format;
}

}  // namespace aerotool

#include "formats/ztensor/shard_file.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/facts.hpp"
#include "formats/ztensor/manifest.hpp"
#include "formats/ztensor/rules.hpp"
#include "hash/running_checksum.hpp"
#include "io/pipeline.hpp"
#include "io/relative_path.hpp"

namespace aerotool::ztensor {
namespace {

void require_end(const io::Input& input) {
  const Where where{input.name(), input.size(), {}};
  if (input.size() < kMagicSize + kFooterSize) refuse(Rule::file_too_small, where, "the shard is too short");
  const Bytes footer = input.view(input.size() - kFooterSize, kFooterSize);
  if (footer.text().substr(kFooterSize - kMagicSize) != kMagic2)
    refuse(Rule::footer_magic, where, "the shard does not end with the magic of a footer");
  const auto version = load_le<std::uint32_t>(footer.view, 24);
  if (version != 2) refuse(Rule::version, where, "the shard is of version " + std::to_string(version));
}

}  // namespace

ShardFile shard_file(const ShardEntry& entry) {
  ShardFile shard{std::string(entry.name), entry.size, {}};
  static_cast<void>(read_digest(entry.digest, Version::v2, shard.digest));
  return shard;
}

std::string file_name_of_shard(const std::string& root, const std::string& shard) {
  std::string name = root.substr(root.rfind('/') + 1);
  if (name.ends_with(kExtension)) name.resize(name.size() - kExtension.size());
  return name + "-" + shard + std::string(kExtension);
}

std::vector<std::string> shards_among(const std::string& root, std::span<const std::string> names) {
  std::vector<std::string> found;
  const std::string stem = file_name_of_shard(root, {});  // "model-.zt"
  const auto may_be_shard = [&](const std::string& name) {
    return name.starts_with(std::string_view(stem).substr(0, stem.size() - kExtension.size())) &&
           name.ends_with(kExtension);
  };
  if (std::ranges::none_of(names, may_be_shard)) return found;
  try {
    Report report(Report::Mode::judge);
    const auto input = io::Input::open(root);
    const Container container = read_container(*input, report);
    if (container.is_data_shard()) return found;
    const Bytes manifest = input->view(container.manifest_offset, container.manifest_length);
    const std::set<std::string_view> asked(names.begin(), names.end());
    const auto take = [&](std::span<const ShardEntry> shards) {
      for (const ShardEntry& shard : shards) {
        std::string name = file_name_of_shard(root, std::string(shard.name));
        if (asked.contains(name)) found.push_back(std::move(name));
      }
    };
    read_manifest(manifest.view, container, root, {.shards = take, .object = [](const ObjectEntry&) {}});
  } catch (const CorruptError&) {
    // It says nothing.
  } catch (const UnsupportedError&) {
  }
  return found;
}

std::shared_ptr<io::Input> open_shard(const io::Input& root, const ShardFile& shard, Report& report) {
  std::shared_ptr<io::Input> input;
  try {
    input = io::open_beside(root, file_name_of_shard(root.name(), shard.name));
    require_end(*input);
    if (input->size() == shard.size) return input;
    refuse(Rule::blob_bounds, {input->name(), {}, {}},
           "the shard has " + plural(input->size(), "byte") + ", and the index says " +
               with_thousands(shard.size));
  } catch (const CorruptError& error) {
    if (input) input->require_unchanged();
    report.unreadable(error.code(), error.where(), error.message());
  }
  return nullptr;
}

void require_digest(const io::Input& input, const ShardFile& shard, unsigned jobs, io::Progress* progress) {
  hash::RunningChecksum checksum(shard.digest->algorithm);
  std::vector<io::Region> whole(1);
  whole[0].length = input.size();
  whole[0].read = [&](std::uint64_t offset, std::span<std::byte> out) { input.read(offset, out); };
  input.expect_reads(std::array{io::ByteRange{0, input.size()}});
  io::run(whole,
          {.jobs = jobs, .progress = progress, .in_order = [&](ByteSpan bytes) { checksum.add(bytes); }});
  const hash::Checksum found = checksum.finish();
  if (found == *shard.digest) return;
  refuse(
      Rule::digest, {input.name(), {}, {}},
      "the shard has " + hash::to_string(found) + ", and the index says " + hash::to_string(*shard.digest));
}

}  // namespace aerotool::ztensor

// What stays in memory of a set whose parts say much and hold little.
#include <doctest/doctest.h>
#include <malloc.h>

#include <algorithm>
#include <functional>

#include "aero_fixture.hpp"
#include "core/error.hpp"
#include "files.hpp"
#include "formats/aero/write/manifest.hpp"
#include "formats/aero/write/model_json.hpp"
#include "formats/aeroset/layout.hpp"
#include "formats/aeroset/reader.hpp"
#include "formats/aeroset/render.hpp"
#include "hash/sha256.hpp"

using namespace aerotool;
using namespace aerotool::aero_test;

namespace {

constexpr std::size_t kMuch = 1'000'000;
constexpr std::size_t kParts = 20;

std::string much() {
  return std::string(kMuch, 'x');
}

/// A file of the set: a byte of weights, unless it is the index, and metadata that packs well.
std::string file_of(const std::vector<Tensor>& tensors, std::uint64_t first_shard, bool index) {
  const MapItems unknown = {{Value::string("unknown"), Value::string(much())}};
  std::vector<aero::IndexLine> lines;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    lines.push_back({&tensors[i], first_shard + i, 0, {}, nullptr, index ? nullptr : &unknown});
  const std::vector<aero::Chunk> listed(kMuch / 80);
  aero::ManifestContent manifest;
  manifest.chunks = &listed;
  if (!index) {
    manifest.model_name = manifest.architecture = much();
    manifest.extras = unknown;
  }
  const Value json = aero::model_json(manifest.model_name, manifest.architecture, {}, {}, manifest.extras);
  std::vector<RawChunk> chunks = {{"MJSN", "model.json", aero::render_json(json), true},
                                  {"MMSG", "manifest", aero::render_manifest(manifest), true},
                                  {"TIDX", "tensors", tensor_index_of(lines), true}};
  if (!index) chunks.push_back({"WTSH", aero::shard_name(first_shard), "w", false});
  return assembled(chunks);
}

/// The same of tensors that are of a type which only the file describes.
std::string file_of_type(const std::vector<Tensor>& tensors, std::uint64_t first_shard, bool index,
                         const PackedType& type) {
  const MapItems no_params = {{Value::string("quant_params"), Value::map({})}};
  std::vector<aero::IndexLine> lines;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    lines.push_back({&tensors[i], first_shard + i, 0, 0, nullptr, &no_params});
  const std::vector<aero::Chunk> listed;
  aero::ManifestContent manifest;
  manifest.chunks = &listed;
  manifest.packed_types = {&type};
  std::vector<RawChunk> chunks = {
      {"MJSN", "model.json", aero::render_json(aero::model_json("", "", {}, {}, {})), true},
      {"MMSG", "manifest", aero::render_manifest(manifest), true},
      {"TIDX", "tensors", tensor_index_of(lines), true}};
  if (!index) chunks.push_back({"WTSH", aero::shard_name(first_shard), "w", false});
  return assembled(chunks);
}

/// A set on disk, of parts with a tensor of a byte each.
class SetOnDisk {
 public:
  /// The bytes of a file that describes tensors in the shards from one on.
  using FileOf = std::function<std::string(const std::vector<Tensor>&, std::uint64_t, bool index)>;
  SetOnDisk(DType dtype, const FileOf& file_of) {
    aeroset::SetIndex index;
    std::vector<Tensor> tensors(kParts);
    for (std::size_t i = 0; i < kParts; ++i) {
      tensors[i].name = "t" + std::to_string(i);
      tensors[i].dtype = dtype;
      tensors[i].shape = {1};
      tensors[i].size = 1;
      aeroset::SetPart& part = index.parts.emplace_back();
      put(part, aeroset::part_name(i), file_of({tensors[i]}, i, false));
      part.shards = {i};
    }
    put(index.tensor_index, std::string(aeroset::kTensorIndexName), file_of(tensors, 0, true));
    test::write_file(path(), aeroset::render_set_index(index));
  }
  std::string path() const { return directory_.file(std::string(aeroset::kIndexName)); }

 private:
  void put(aeroset::SetFile& entry, const std::string& name, const std::string& bytes) {
    hash::Sha256 sha256;
    sha256.add(bytes_of(bytes));
    entry = {name, sha256.finish(), bytes.size()};
    test::write_file(directory_.file(name), bytes);
  }

  test::TemporaryDirectory directory_;
};

PackedType type_of(std::size_t bytes, char byte) {
  PackedType type;
  type.codec = "own";
  type.name = "Q";
  type.params = Value::map({{Value::string("k"), Value::string(std::string(bytes, byte))}});
  return type;
}

std::size_t heap_in_use() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

}  // namespace

TEST_CASE("aeroset: what the parts say beside their tensors does not add up in memory") {
  const SetOnDisk set(DTypeCode::u8, file_of);
  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    const std::size_t before = heap_in_use();
    Report report(mode);
    const aeroset::AerosetModel model(io::Input::open(set.path()), report);
    CHECK(model.tensors().size() == kParts);
    // What the first part says of the model is kept.
    CHECK(heap_in_use() < before + 6 * kMuch);
  }
}

TEST_CASE("aeroset: a type that index.aero describes is not held again for its parts") {
  const PackedType type = type_of(kMuch, 'x');
  const SetOnDisk set(DType(type), [&](const auto& tensors, std::uint64_t first_shard, bool index) {
    return file_of_type(tensors, first_shard, index, type);
  });
  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    const std::size_t before = heap_in_use();
    Report report(mode);
    const aeroset::AerosetModel model(io::Input::open(set.path()), report);
    REQUIRE(model.tensors().size() == kParts);
    for (const Tensor& tensor : model.tensors()) CHECK(tensor.dtype == DType(type));
    CHECK(heap_in_use() < before + 3 * kMuch);
  }
}

TEST_CASE("aeroset: types that index.aero does not describe may take 32 MiB in all parts") {
  const PackedType type = type_of(1, 'x');
  const PackedType other = type_of(2 * kMuch, 'y');
  const SetOnDisk set(DType(type), [&](const auto& tensors, std::uint64_t first_shard, bool index) {
    return file_of_type(tensors, first_shard, index, index ? type : other);
  });
  const std::string problem = "take more than 32.0 MiB";
  Report use;
  CHECK_THROWS_AS(aeroset::AerosetModel(io::Input::open(set.path()), use), UnsupportedError);
  const std::size_t before = heap_in_use();
  Report judging(Report::Mode::judge);
  const aeroset::AerosetModel model(io::Input::open(set.path()), judging);
  CHECK(heap_in_use() < before + 20 * 2 * kMuch);
  const auto tells = [&](const Finding& finding) {
    return finding.message.find(problem) != std::string::npos &&
           finding.where.path.ends_with("part-016.aero");
  };
  CHECK(std::any_of(judging.findings().begin(), judging.findings().end(), tells));
}

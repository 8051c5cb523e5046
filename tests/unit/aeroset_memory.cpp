// What stays in memory of a set whose parts say much and hold little.
#include <doctest/doctest.h>
#include <malloc.h>

#include "aero_fixture.hpp"
#include "files.hpp"
#include "formats/aero/manifest.hpp"
#include "formats/aero/model_json.hpp"
#include "formats/aero/tensor_index.hpp"
#include "formats/aeroset/reader.hpp"
#include "formats/aeroset/set_index.hpp"
#include "hash/sha256.hpp"

using namespace aerotool;
using namespace aerotool::aero_test;

namespace {

constexpr std::size_t kMuch = 1'000'000;

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
                                  {"TIDX", "tensors", aero::render_tensor_index(lines), true}};
  if (!index) chunks.push_back({"WTSH", aero::shard_name(first_shard), "w", false});
  return assembled(chunks);
}

std::size_t heap_in_use() {
  const auto heap = ::mallinfo2();
  return heap.uordblks + heap.hblkhd;
}

}  // namespace

TEST_CASE("aeroset: what the parts say beside their tensors does not add up in memory") {
  constexpr std::size_t kParts = 20;
  const test::TemporaryDirectory directory;
  aeroset::SetIndex index;
  const auto put = [&](aeroset::SetFile& entry, const std::string& name, const std::string& bytes) {
    hash::Sha256 sha256;
    sha256.add(bytes_of(bytes));
    entry = {name, sha256.finish(), bytes.size()};
    test::write_file(directory.file(name), bytes);
  };
  std::vector<Tensor> tensors(kParts);
  for (std::size_t i = 0; i < kParts; ++i) {
    tensors[i].name = "t" + std::to_string(i);
    tensors[i].dtype = DTypeCode::u8;
    tensors[i].shape = {1};
    tensors[i].size = 1;
    aeroset::SetPart& part = index.parts.emplace_back();
    put(part, aeroset::part_name(i), file_of({tensors[i]}, i, false));
    part.shards = {i};
  }
  put(index.tensor_index, std::string(aeroset::kTensorIndexName), file_of(tensors, 0, true));
  const std::string path = directory.file(std::string(aeroset::kIndexName));
  test::write_file(path, aeroset::render_set_index(index));

  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    const std::size_t before = heap_in_use();
    Report report(mode);
    const aeroset::AerosetModel model(io::Input::open(path), report);
    CHECK(model.tensors().size() == kParts);
    // What the first part says of the model is kept.
    CHECK(heap_in_use() < before + 6 * kMuch);
  }
}

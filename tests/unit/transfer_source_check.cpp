// The bytes under a source's hashes that a plan does not copy.
#include "transfer/source_check.hpp"

#include <doctest/doctest.h>

#include <array>

#include "plan_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;

namespace {

constexpr std::uint64_t kPage = 1024;
constexpr std::size_t kTensors = 40;
// Gaps of many sizes: some in a leaf of the hashes, some over several pages.
constexpr std::array<std::uint64_t, 4> kGaps = {3, 0, 1500, 40};

/// Tensors in a run of bytes under a hash and hashes of its pages, with gaps before and after each.
struct HashedModel final : MadeUpModel {
  HashedModel() {
    for (std::size_t i = 0; i < kTensors; ++i) {
      add("t" + std::to_string(i), DTypeCode::u8, {100 + 37 * i});
      run.append(kGaps.at(i % kGaps.size()), '.');
      members.push_back({i, run.size()});
      for (std::uint64_t byte = 0; byte < tensors()[i].size; ++byte) run += static_cast<char>(i + byte);
    }
    run.append(5000, '.');
    digest = hash::blake3(bytes_of(run));
    for (std::uint64_t at = 0; at < run.size(); at += kPage)
      pages.push_back(hash::blake3(bytes_of(std::string_view(run).substr(at, kPage))));
  }

  std::vector<HashedRun> hashed_runs() const override {
    HashedRun hashed;
    hashed.name = "shard";
    hashed.length = run.size();
    hashed.read = [this](std::uint64_t offset, std::span<std::byte> out) {
      std::ranges::copy(bytes_of(run).subspan(offset, out.size()), out.begin());
    };
    hashed.digest = digest;
    hashed.members = members;
    hashed.page_size = kPage;
    hashed.pages = pages;
    return {hashed};
  }

  /// What judge() says after one read of everything; empty where all hashes hold.
  std::string judged() const {
    TensorLayout layout;
    PlannedShard& shard = layout.shards.emplace_back();
    for (const PlannedTensor& planned : plan_of(*this).tensors) {
      layout.tensors.push_back(planned);
      layout.offsets.push_back(shard.size);
      shard.size += planned.tensor().size;
      ++shard.count;
    }
    SourceCheck check({this}, layout);
    std::vector<io::Region> copied(1);
    copied[0].length = shard.size;
    copied[0].read = [&](std::uint64_t offset, std::span<std::byte> out) {
      read_planned(layout, 0, offset, out);
    };
    check.add_layers(0, copied[0]);
    std::vector<io::Region> others = check.other_regions();
    // However many gaps there are.
    CHECK(others.size() == 1);
    for (const io::Region& region : others) CHECK(region.length + shard.size == run.size());
    io::run(copied, {.jobs = 2});
    io::run(others, {.jobs = 2});
    try {
      check.judge();
    } catch (const CorruptError& error) {
      return error.message();
    }
    return {};
  }

  std::string run;
  std::vector<HashedRun::Member> members;
  Digest digest{};
  std::vector<Digest> pages;
};

}  // namespace

TEST_CASE("source check: gaps between tensors are held to the hashes that cover them") {
  HashedModel model;
  CHECK(model.judged().empty());
  std::size_t begin = 0;  // of a gap
  for (const HashedRun::Member& member : model.members) {
    for (std::size_t at = begin; at < member.offset; at += 499) {
      model.run[at] = ',';
      CHECK(model.judged().starts_with("page " + std::to_string(at / kPage) + " of shard is corrupt"));
      model.run[at] = '.';
    }
    begin = member.offset + model.tensors()[member.tensor].size;
  }
  model.run.back() = ',';
  CHECK(model.judged().starts_with("page " + std::to_string(model.run.size() / kPage)));
}

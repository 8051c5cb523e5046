#include "io/pipeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "core/error.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;

namespace {

std::vector<std::byte> noise(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 0xff);
  return bytes;
}

ReadAt reader(const std::vector<std::byte>& bytes) {
  return [&bytes](std::uint64_t offset, std::span<std::byte> out) {
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  };
}

constexpr std::size_t kMiB = std::size_t{1} << 20;

}  // namespace

TEST_CASE("pipeline: one read gives the digest of the whole, of every tensor and of every page") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMiB, 3 * kMiB + 12345}) {
    for (const std::uint64_t page : {std::uint64_t{1000}, std::uint64_t{4096}, std::uint64_t{5} << 20,
                                     std::uint64_t{1500000}, ~std::uint64_t{0}}) {
      for (const unsigned jobs : {1U, 3U}) {
        const std::vector<std::byte> bytes = noise(size, 1);
        std::vector<Region> regions(1);
        Region& region = regions.front();
        region.length = size;
        region.read = reader(bytes);
        region.page_size = page;
        HashTask whole;
        add_whole_digest(region, whole);
        // Tensors at odd offsets, small ones and ones that span blocks.
        std::vector<HashTask> tasks(64);
        std::vector<Overlay> layer;
        std::uint64_t at = 3;
        for (HashTask& task : tasks) {
          const std::uint64_t length = (at * 7919) % 300000;
          if (at + length > size) break;
          task.length = length;
          task.read = &region.read;
          task.base = at;
          layer.push_back({at, at + length, &task, 0});
          at += length + 5;
        }
        const std::size_t tensors = layer.size();
        region.layers.push_back(std::move(layer));
        Progress progress;
        run(regions, {.jobs = jobs, .progress = &progress, .in_order = {}});
        CAPTURE(size);
        CHECK(progress.done == size);
        if (size != 0) CHECK(whole.digest == hash::blake3(bytes));
        for (std::size_t i = 0; i < tensors; ++i) {
          CHECK(tasks[i].digest == hash::blake3(ByteSpan(bytes).subspan(tasks[i].base, tasks[i].length)));
        }
        REQUIRE(region.page_digests.size() == size / page + (size % page == 0 ? 0 : 1));
        for (std::size_t i = 0; i < region.page_digests.size(); ++i) {
          const ByteSpan rest = ByteSpan(bytes).subspan(i * page);
          CHECK(region.page_digests[i] == hash::blake3(rest.first(std::min<std::size_t>(page, rest.size()))));
        }
      }
    }
  }
}

TEST_CASE("pipeline: a digest over pieces that lie in another order than in its own bytes") {
  const std::vector<std::byte> sealed = noise(4 * kMiB + 999, 2);
  const ReadAt read_sealed = reader(sealed);
  // Cut at odd places, laid out backwards in two regions.
  const std::vector<std::uint64_t> cuts = {0, 17, 5000, kMiB + 3, kMiB + 4, 3 * kMiB - 1, sealed.size()};
  HashTask task;
  task.length = sealed.size();
  task.read = &read_sealed;
  std::vector<Region> regions(2);
  std::vector<std::vector<std::byte>> contents(2);
  for (std::size_t i = cuts.size() - 1; i > 0; --i) {
    const std::size_t where = i % 2;
    if (regions[where].layers.empty()) regions[where].layers.emplace_back();
    std::vector<std::byte>& content = contents[where];
    regions[where].layers.front().push_back(
        {content.size(), content.size() + cuts[i] - cuts[i - 1], &task, cuts[i - 1]});
    content.insert(content.end(), sealed.begin() + static_cast<std::ptrdiff_t>(cuts[i - 1]),
                   sealed.begin() + static_cast<std::ptrdiff_t>(cuts[i]));
  }
  for (std::size_t i = 0; i < 2; ++i) {
    regions[i].length = contents[i].size();
    regions[i].read = reader(contents[i]);
  }
  run(regions, {.jobs = 2, .progress = nullptr, .in_order = {}});
  CHECK(task.digest == hash::blake3(sealed));
}

TEST_CASE("pipeline: regions are copied to where they belong") {
  const test::TemporaryDirectory directory;
  const std::vector<std::byte> a = noise(2 * kMiB + 5, 3);
  const std::vector<std::byte> b = noise(77, 4);
  {
    Output output = Output::to_path(directory.file("out"));
    std::vector<Region> regions(2);
    regions[0].length = a.size();
    regions[0].read = reader(a);
    regions[0].output = &output;
    regions[0].output_offset = 100;
    regions[1].length = b.size();
    regions[1].read = reader(b);
    regions[1].output = &output;
    regions[1].output_offset = 10;
    run(regions, {.jobs = 2, .progress = nullptr, .in_order = {}});
    output.commit();
  }
  const std::string written = test::read_file(directory.file("out"));
  REQUIRE(written.size() == 100 + a.size());
  CHECK(std::ranges::equal(bytes_of(written).subspan(10, b.size()), b));
  CHECK(std::ranges::equal(bytes_of(written).subspan(100), a));
}

TEST_CASE("pipeline: in order, blocks leave one behind the other whatever the number of jobs") {
  const test::TemporaryDirectory directory;
  const std::vector<std::byte> bytes = noise(9 * kMiB + 321, 5);
  Output output = Output::to_path(directory.file("out"));
  std::vector<Region> regions(1);
  regions[0].length = bytes.size();
  regions[0].read = reader(bytes);
  run(regions, {.jobs = 4, .progress = nullptr, .in_order = [&](ByteSpan block) { output.write(block); }});
  output.commit();
  CHECK(std::ranges::equal(bytes_of(test::read_file(directory.file("out"))), bytes));
}

TEST_CASE("pipeline: what is visited is cut at whole units") {
  const std::vector<std::byte> bytes = noise(3 * kMiB + 144 * 7, 4);
  for (const std::uint64_t unit : {std::uint64_t{1}, std::uint64_t{144}, std::uint64_t{2048}}) {
    for (const unsigned jobs : {1U, 3U}) {
      CAPTURE(unit);
      std::vector<Region> regions(2);
      std::atomic<std::uint64_t> seen{0};
      std::atomic<std::uint64_t> wrong{0};
      for (Region& region : regions) {
        region.length = bytes.size() / unit * unit;
        region.unit = unit;
        region.read = reader(bytes);
        region.visit = [&](std::uint64_t offset, ByteSpan visited) {
          const bool whole = offset % unit == 0 && visited.size() % unit == 0;
          const bool right =
              std::equal(visited.begin(), visited.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
          if (!whole || !right) ++wrong;
          seen += visited.size();
        };
      }
      run(regions, {.jobs = jobs, .progress = nullptr, .in_order = {}});
      CHECK(wrong == 0);
      CHECK(seen == 2 * regions.front().length);
    }
  }
}

TEST_CASE("pipeline: the first failure of a read ends the run and reaches the caller") {
  for (const bool in_order : {false, true}) {
    const test::TemporaryDirectory directory;
    Output output = Output::to_path(directory.file("out"));
    std::atomic<int> reads{0};
    std::vector<Region> regions(1);
    regions[0].length = 400 * kMiB;
    if (!in_order) regions[0].output = &output;
    regions[0].read = [&](std::uint64_t offset, std::span<std::byte>) {
      ++reads;
      if (offset >= 5 * kMiB) throw IoError(Where{"input", {}, {}}, "is gone");
    };
    RunOptions options = {.jobs = 3, .progress = nullptr, .in_order = {}};
    if (in_order) options.in_order = [&](ByteSpan block) { output.write(block); };
    CHECK_THROWS_WITH_AS(run(regions, options), "input: is gone", IoError);
    CHECK(reads < 40);
  }
}

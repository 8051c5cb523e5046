#include "io/hashed_input.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "core/error.hpp"

using namespace aerotool;
using namespace aerotool::io;

namespace {

constexpr std::size_t kSize = (std::size_t{6} << 20) + 123;
constexpr std::size_t kBlock = std::size_t{64} << 10;

/// Counts what is read of it.
class CountedInput final : public Input {
 public:
  CountedInput() : Input("counted", {1, 2}, {kSize, 0, 0}), bytes_(kSize) {
    std::mt19937 noise(1);
    for (std::byte& byte : bytes_) byte = static_cast<std::byte>(noise());
  }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset == fails_at) throw IoError({name(), {}, {}}, "fails");
    if (delays) std::this_thread::sleep_for(std::chrono::microseconds(offset / kBlock * 977 % 500));
    std::ranges::copy(ByteSpan(bytes_).subspan(offset, out.size()), out.begin());
    read_bytes += out.size();
  }
  Bytes view(std::uint64_t offset, std::uint64_t length) const override {
    const ByteSpan part = ByteSpan(bytes_).subspan(offset, length);
    return Bytes::own(std::vector(part.begin(), part.end()));
  }
  void require_unchanged() const override {}
  std::uint64_t preferred_block_size() const override { return kBlock; }

  Digest sha256() const {
    hash::Sha256 all;
    all.add(bytes_);
    return all.finish();
  }

  mutable std::atomic<std::uint64_t> read_bytes = 0;
  bool delays = false;
  std::uint64_t fails_at = UINT64_MAX;

 private:
  std::vector<std::byte> bytes_;
};

struct Held {
  std::shared_ptr<CountedInput> counted = std::make_shared<CountedInput>();
  std::shared_ptr<Input> input;

  explicit Held(bool right = true) {
    Digest digest = counted->sha256();
    if (!right) digest[0] ^= std::byte{1};
    counted->expect_sha256(digest, "a test");
    input = held_to_sha256(counted);
  }
  void read_block(std::size_t block) const {
    std::vector<std::byte> out(std::min(kBlock, kSize - block * kBlock));
    input->read(block * kBlock, out);
  }
};

constexpr std::size_t kBlocks = (kSize + kBlock - 1) / kBlock;

}  // namespace

TEST_CASE("hashed input: what nothing is expected of is what it was") {
  const auto plain = std::make_shared<CountedInput>();
  CHECK(held_to_sha256(plain) == plain);
  CHECK_FALSE(plain->holds_sha256());
  CHECK_NOTHROW(plain->require_sha256());
}

TEST_CASE("hashed input: reads from front to back are hashed, and nothing is read again") {
  for (const bool right : {true, false}) {
    const Held held(right);
    CHECK(held.input->holds_sha256());
    CHECK(held.input->name() == "counted");
    held.input->hash_reads();
    for (std::size_t block = 0; block < kBlocks; ++block) held.read_block(block);
    if (right) {
      CHECK_NOTHROW(held.input->require_sha256());
    } else {
      CHECK_THROWS_WITH_AS(held.input->require_sha256(), doctest::Contains("a test says"), CorruptError);
      CHECK_THROWS_AS(held.input->require_sha256(), CorruptError);
    }
    CHECK(held.counted->read_bytes == kSize);
  }
}

TEST_CASE("hashed input: what has not been read is read at the end") {
  const Held held;
  CHECK_NOTHROW(held.input->require_sha256());
  CHECK(held.counted->read_bytes == kSize);
  const Held some;
  some.input->hash_reads();
  some.read_block(0);
  some.read_block(1);
  some.read_block(40);
  CHECK_NOTHROW(some.input->require_sha256());
  CHECK(some.counted->read_bytes == kSize);
}

TEST_CASE("hashed input: a head before the weights and gaps between them are read once") {
  const Held held;
  held.input->hash_reads();
  for (std::size_t block = 7; block < kBlocks; ++block) {
    if (block % 5 != 0) held.read_block(block);
  }
  CHECK_NOTHROW(held.input->require_sha256());
  CHECK(held.counted->read_bytes == kSize);
}

TEST_CASE("hashed input: any order gives the SHA-256") {
  std::vector<std::size_t> order(kBlocks);
  for (std::size_t i = 0; i < kBlocks; ++i) order[i] = kBlocks - 1 - i;
  for (int round = 0; round < 3; ++round) {
    const Held held;
    held.input->hash_reads();
    for (const std::size_t block : order) held.read_block(block);
    held.read_block(order.front());
    CHECK_NOTHROW(held.input->require_sha256());
    std::shuffle(order.begin(), order.end(), std::mt19937(static_cast<unsigned>(round)));
  }
}

TEST_CASE("hashed input: threads that take one block after the other read nothing twice") {
  for (int round = 0; round < 5; ++round) {
    const Held held;
    held.counted->delays = true;
    held.input->hash_reads();
    held.read_block(0);
    std::atomic<std::size_t> next = 1;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (std::size_t block = next++; block < kBlocks; block = next++) held.read_block(block);
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK_NOTHROW(held.input->require_sha256());
    // A block that another thread is about to read may be bridged.
    CHECK(held.counted->read_bytes <= kSize + 8 * kBlock);
  }
}

TEST_CASE("hashed input: a read that fails keeps nobody waiting") {
  const Held held;
  held.counted->fails_at = 3 * kBlock;
  held.input->hash_reads();
  std::atomic<std::size_t> next = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::size_t block = next++; block < kBlocks; block = next++) {
        try {
          held.read_block(block);
        } catch (const IoError&) {
          ++failures;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures >= 1);
  held.counted->fails_at = UINT64_MAX;
  CHECK_NOTHROW(held.input->require_sha256());
}

TEST_CASE("hashed input: where others have read little of it, it may say nothing") {
  const auto counted = std::make_shared<CountedInput>();
  Digest wrong = counted->sha256();
  wrong[0] ^= std::byte{1};
  counted->expect_sha256(wrong, "a test");
  const auto read = [&](std::size_t blocks) {
    const auto input = held_to_sha256(counted, Unread::judge_if_few);
    input->hash_reads();
    for (std::size_t block = 0; block < blocks; ++block) {
      std::vector<std::byte> out(std::min(kBlock, kSize - block * kBlock));
      input->read(block * kBlock, out);
    }
    counted->read_bytes = 0;
    input->require_sha256();
  };
  CHECK_NOTHROW(read(3));
  CHECK(counted->read_bytes == 0);
  CHECK_THROWS_AS(read(kBlocks - 1), CorruptError);
  CHECK_THROWS_AS(read(kBlocks), CorruptError);
  CHECK(counted->read_bytes == 0);
  // In whatever order they have read it.
  const auto input = held_to_sha256(counted, Unread::judge_if_few);
  input->hash_reads();
  for (std::size_t block = kBlocks; block-- > 0;) {
    std::vector<std::byte> out(std::min(kBlock, kSize - block * kBlock));
    input->read(block * kBlock, out);
  }
  CHECK_THROWS_AS(input->require_sha256(), CorruptError);
}

#include "io/block_cache.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "cache_store.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "files.hpp"
#include "hash/blake3.hpp"
#include "io/fd.hpp"

using namespace aerotool;
using namespace aerotool::io;
using namespace aerotool::test;
namespace fs = std::filesystem;

TEST_CASE("block cache: what is put is there, now and for the next run") {
  const Store store;
  {
    const auto cache = store.open();
    CHECK(cache->block_count() == 4);
    CHECK(cache->block_length(3) == 5);
    CHECK(cache->block_length(4) == 0);
    CHECK_FALSE(cache->has(0));
    CHECK_FALSE(cache->has(4));
    CHECK(cache->missing(0, store.key.size) == std::vector<MissingRange>{{0, store.key.size}});
    CHECK(put_block(*cache, 1));
    CHECK(put_block(*cache, 3));
    CHECK(reads_as(*cache, 1));
  }
  const auto cache = store.open();
  CHECK(cache->missing(0, ~std::uint64_t{0}) ==
        std::vector<MissingRange>{{0, kStored}, {2 * kStored, kStored}});
  CHECK(cache->missing(kStored - 1, 2) == std::vector<MissingRange>{{0, kStored}});
  CHECK(cache->missing(kStored, kStored).empty());
  CHECK(cache->missing(store.key.size, 1).empty());
  CHECK(cache->missing(0, 0).empty());
  CHECK(reads_as(*cache, 1));
  CHECK(reads_as(*cache, 3));
  CHECK_FALSE(reads_as(*cache, 0));
  CHECK_FALSE(is_complete(*cache));
  CHECK(put_block(*cache, 0));
  CHECK(put_block(*cache, 2));
  CHECK(is_complete(*cache));
  CHECK(is_complete(*store.open()));
  CHECK(cache->note().empty());
}

TEST_CASE("block cache: ranges that cross blocks, and ranges outside") {
  const Store store;
  const auto cache = store.open();
  for (std::uint64_t block = 0; block < 4; ++block) CHECK(put_block(*cache, block));
  std::vector<std::byte> out(kStored + 20);
  REQUIRE(cache->read(kStored - 10, out));
  const auto whole = block_bytes(*cache, 1);
  CHECK(std::equal(whole.begin(), whole.end(), out.begin() + 10));
  CHECK(out.back() == block_bytes(*cache, 2)[9]);
  CHECK_FALSE(cache->read(store.key.size - 1, std::span(out).first(2)));
  CHECK_FALSE(cache->read(~std::uint64_t{0}, std::span(out).first(2)));
  CHECK(cache->read(store.key.size, {}));
  // A block has its own length, and no other.
  CHECK_FALSE(cache->put(4, {}));
  CHECK_FALSE(store.open()->put(0, ByteSpan(out).first(7)));
}

TEST_CASE("block cache: an object without a byte") {
  Store store;
  store.key.size = 0;
  const auto cache = store.open();
  CHECK(cache->block_count() == 0);
  CHECK(cache->missing(0, 10).empty());
}

TEST_CASE("block cache: what is made is for the user alone, and `data` has holes") {
  Store store;
  store.key.size = std::uint64_t{1} << 30;
  put_block(*store.open(), 17);
  for (const std::string& directory : {store.file("cache"), store.file("cache/of"), store.settings.directory,
                                       store.root(), store.entry(store.key)}) {
    CHECK(mode_of(directory) == 0700);
  }
  CHECK(test::names_in(store.entry(store.key)) == std::vector<std::string>{"blocks", "data", "key"});
  for (const char* name : {"blocks", "data", "key"}) CHECK(mode_of(store.entry(name)) == 0600);
  struct ::stat status {};
  CHECK(::stat(store.entry("data").c_str(), &status) == 0);
  CHECK(status.st_size == 1 << 30);
  CHECK(status.st_blocks * 512 < 1 << 20);
  CHECK(fs::file_size(store.entry("blocks")) == kRecordSize);
}

TEST_CASE("block cache: an object with another validator, size, path or origin is another entry") {
  const Store store;
  CHECK(put_block(*store.open(), 0));
  for (const auto& change : std::vector<std::function<void(CacheKey&)>>{
           [](CacheKey& key) { key.validator = "\"v2\""; }, [](CacheKey& key) { ++key.size; },
           [](CacheKey& key) { key.path = "/M.gguf"; }, [](CacheKey& key) { key.origin += ":443"; },
           // The same text, with the border elsewhere.
           [](CacheKey& key) {
             key.origin += "/";
             key.path = "m.gguf";
           }}) {
    CacheKey other = store.key;
    change(other);
    CHECK(entry_name(other) != entry_name(store.key));
    CHECK_FALSE(BlockCache::open(store.settings, other)->has(0));
  }
  CacheKey same = store.key;
  same.shown = "another text";
  same.commit = "abc";
  CHECK(BlockCache::open(store.settings, same)->has(0));
}

TEST_CASE("block cache: a changed byte in `data` is a block that is missing, and it heals") {
  const Store store;
  for (std::uint64_t block = 0; block < 4; ++block) CHECK(put_block(*store.open(), block));
  test::put_byte(store.entry("data"), kStored + 77, '\0');
  test::put_byte(store.entry("data"), kStored + 78, '\0');
  {
    const auto cache = store.open();
    CHECK(cache->missing(0, store.key.size) == std::vector<MissingRange>{{kStored, kStored}});
    CHECK_FALSE(reads_as(*cache, 1));
    CHECK(put_block(*cache, 1));
    CHECK(reads_as(*cache, 1));
  }
  CHECK(is_complete(*store.open()));
}

TEST_CASE("block cache: `data` that was cut, grown or is gone") {
  const Store store;
  for (std::uint64_t block = 0; block < 4; ++block) CHECK(put_block(*store.open(), block));
  SUBCASE("cut before it is opened") {
    fs::resize_file(store.entry("data"), kStored + 1);
    const auto cache = store.open();
    CHECK(fs::file_size(store.entry("data")) == store.key.size);
    CHECK(cache->missing(0, store.key.size) ==
          std::vector<MissingRange>{{kStored, store.key.size - kStored}});
  }
  SUBCASE("cut while it is open") {
    const auto cache = store.open();
    CHECK(is_complete(*cache));
    fs::resize_file(store.entry("data"), kStored);
    CHECK(reads_as(*cache, 0));
    CHECK_FALSE(reads_as(*cache, 2));
    CHECK(cache->missing(2 * kStored, 1) == std::vector<MissingRange>{{2 * kStored, kStored}});
    // It goes elsewhere now.
    CHECK(put_block(*cache, 2));
    CHECK(reads_as(*cache, 2));
    CHECK(fs::file_size(store.entry("data")) == kStored);
  }
  SUBCASE("grown") {
    fs::resize_file(store.entry("data"), 9 * kStored);
    CHECK(is_complete(*store.open()));
    CHECK(fs::file_size(store.entry("data")) == store.key.size);
  }
  SUBCASE("gone") {
    fs::remove(store.entry("data"));
    CHECK(store.open()->missing(0, 1).size() == 1);
  }
  SUBCASE("records gone") {
    fs::remove(store.entry("blocks"));
    CHECK(store.open()->missing(0, store.key.size).size() == 1);
  }
}

TEST_CASE("block cache: a torn record is ignored, and the next one stands where it should") {
  const Store store;
  CHECK(put_block(*store.open(), 0));
  fs::resize_file(store.entry("blocks"), kRecordSize + 13);
  CHECK(store.open()->has(0));
  CHECK(put_block(*store.open(), 2));
  CHECK(fs::file_size(store.entry("blocks")) == 2 * kRecordSize);
  const auto cache = store.open();
  CHECK(cache->has(0));
  CHECK(cache->has(2));
  CHECK_FALSE(cache->has(1));
}

TEST_CASE("block cache: records of anything but its blocks say nothing") {
  const Store store;
  CHECK(put_block(*store.open(), 0));
  const std::string good = test::read_file(store.entry("blocks"));
  std::string text;
  for (const std::uint64_t block : {std::uint64_t{4}, std::uint64_t{1} << 24, ~std::uint64_t{0}})
    text += record_of(block, Digest{});
  text += record_of(1, hash::blake3({}));
  // The hash of the hole that block 2 is would be right for zeros: nobody but us says so.
  text += std::string(3 * kRecordSize, '\0');
  test::write_file(store.entry("blocks"), text + good);
  const auto cache = store.open();
  CHECK(cache->missing(0, store.key.size) == std::vector<MissingRange>{{kStored, store.key.size - kStored}});
  CHECK(put_block(*cache, 1));
  CHECK(store.open()->has(1));
  // What zeros a crash leaves behind the good record costs a fetch.
  test::write_file(store.entry("blocks"), good + std::string(kRecordSize, '\0'));
  CHECK_FALSE(store.open()->has(0));
  CHECK(put_block(*store.open(), 0));
  CHECK(store.open()->has(0));
}

TEST_CASE("block cache: a file with more records than there can be is begun anew") {
  const Store store;
  CHECK(put_block(*store.open(), 0));
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += record_of(1, Digest{});
  test::write_file(store.entry("blocks"), text);
  const auto cache = store.open();
  CHECK_FALSE(cache->has(1));
  CHECK(put_block(*cache, 1));
  CHECK(fs::file_size(store.entry("blocks")) == kRecordSize);
  CHECK(store.open()->has(1));
}

TEST_CASE("block cache: what another run writes meanwhile is seen") {
  const Store store;
  const auto one = store.open();
  const auto other = store.open();
  CHECK_FALSE(one->has(2));
  CHECK(put_block(*other, 2));
  CHECK(one->has(2));
  CHECK(put_block(*other, 0));
  CHECK(one->missing(0, 1).empty());
  // No second record for a block that is there.
  CHECK(put_block(*one, 2));
  CHECK(fs::file_size(store.entry("blocks")) == 2 * kRecordSize);
}

TEST_CASE("block cache: a block that is there keeps its bytes, whatever another run was given") {
  const Store store;
  const auto one = store.open();
  const auto other = store.open();
  CHECK_FALSE(other->has(1));
  CHECK(put_block(*one, 1));
  CHECK(put_block(*other, 1, 7));
  CHECK(reads_as(*one, 1));
  CHECK(reads_as(*other, 1, 7));
  CHECK(other->note().find("the same version") != std::string::npos);
  CHECK(reads_as(*store.open(), 1));
}

TEST_CASE("block cache: many threads of two runs put and read the same blocks") {
  Store store;
  store.key.size = 24 * kStored + 1;
  const std::array runs = {store.open(), store.open()};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 6; ++number) {
    threads.emplace_back([&, number] {
      BlockCache& cache = *runs.at(number % 2);
      for (std::uint64_t i = 0; i < cache.block_count(); ++i) {
        const std::uint64_t block = (i * 7 + number * 4) % cache.block_count();
        if (!cache.has(block) && !put_block(cache, block)) ++wrong;
        if (!reads_as(cache, block)) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
  // No block has two; fewer where a busy machine had a writer wait too long.
  CHECK(fs::file_size(store.entry("blocks")) <= 25 * kRecordSize);
  const auto cache = store.open();
  for (std::uint64_t block = 0; block < cache->block_count(); ++block)
    CHECK((!cache->has(block) || reads_as(*cache, block)));
}

TEST_CASE("block cache: processes put the same blocks, with bytes of two kinds") {
  Store store;
  store.key.size = 16 * kStored;
  std::vector<Child> children;
  for (unsigned number = 0; number < 4; ++number) {
    children.emplace_back([&] {
      const auto cache = store.open();
      // Whichever comes first stays, and each run reads what it was given.
      const unsigned version = number % 2;
      bool right = true;
      for (std::uint64_t block = 0; block < cache->block_count(); ++block) {
        right = put_block(*cache, block, version) && right;
        right = reads_as(*cache, block, version) && right;
      }
      return right;
    });
  }
  for (const Child& child : children) CHECK(child.succeeds());
  CHECK(fs::file_size(store.entry("blocks")) <= 16 * kRecordSize);
  const auto cache = store.open();
  for (std::uint64_t block = 0; block < cache->block_count(); ++block)
    CHECK((!cache->has(block) || reads_as(*cache, block, 0) || reads_as(*cache, block, 1)));
}

TEST_CASE("block cache: a writer that was stopped holds nobody up") {
  const Store store;
  const auto cache = store.open();
  {
    const Fd held = open_fd(store.entry("blocks"), O_RDWR);
    CHECK(::flock(held.get(), LOCK_EX) == 0);
    CHECK(put_block(*cache, 0));
    CHECK(reads_as(*cache, 0));
    CHECK_FALSE(store.open()->has(0));
  }
  CHECK(put_block(*cache, 1));
  CHECK(store.open()->has(1));
}

TEST_CASE("block cache: off, or without a validator, it is this run's alone") {
  Store store;
  SUBCASE("off") {
    store.settings.mode = CacheMode::off;
  }
  SUBCASE("no validator") {
    store.key.validator.clear();
  }
  store.key.commit = "abc";
  const auto cache = store.open();
  CHECK(cache->missing(0, 1).size() == 1);
  CHECK(put_block(*cache, 2));
  CHECK(put_block(*cache, 3));
  CHECK(reads_as(*cache, 2));
  CHECK(cache->note().empty());
  CHECK_FALSE(store.open()->has(2));
  CHECK_FALSE(fs::exists(store.file("cache")));
  CHECK_FALSE(find_pinned(store.settings, store.key.origin, store.key.path, "abc"));
}

TEST_CASE("block cache: where its directory cannot be, blocks are kept for this run") {
  Store store;
  SUBCASE("a file is there") {
    test::write_file(store.file("cache"), "x");
  }
  SUBCASE("no place") {
    store.settings.directory.clear();
  }
  SUBCASE("others can write to it") {
    fs::create_directories(store.root());
    ::chmod(store.root().c_str(), 0777);
  }
  SUBCASE("v1 is a link") {
    fs::create_directories(store.file("elsewhere"));
    fs::create_directories(store.settings.directory);
    fs::create_symlink(store.file("elsewhere"), store.root());
  }
  SUBCASE("the entry is a link") {
    fs::create_directories(store.file("elsewhere"));
    CHECK(store.open()->note().empty());
    fs::remove_all(store.entry(store.key));
    fs::create_symlink(store.file("elsewhere"), store.entry(store.key));
  }
  for (const char* name : {"data", "blocks", "key"}) {
    DOCTEST_SUBCASE((std::string(name) + " is a link").c_str()) {
      CHECK(store.open()->note().empty());
      test::write_file(store.file("mine"), "mine");
      fs::remove(store.entry(name));
      fs::create_symlink(store.file("mine"), store.entry(name));
    }
    DOCTEST_SUBCASE((std::string(name) + " is a FIFO").c_str()) {
      CHECK(store.open()->note().empty());
      fs::remove(store.entry(name));
      CHECK(::mkfifo(store.entry(name).c_str(), 0600) == 0);
    }
    DOCTEST_SUBCASE((std::string(name) + " has a second name").c_str()) {
      CHECK(store.open()->note().empty());
      fs::create_hard_link(store.entry(name), store.file("mine2"));
    }
  }
  const auto cache = store.open();
  CHECK_FALSE(cache->note().empty());
  CHECK(put_block(*cache, 1));
  CHECK(reads_as(*cache, 1));
  CHECK_FALSE(store.open()->has(1));
  if (fs::exists(store.file("mine"))) CHECK(test::read_file(store.file("mine")) == "mine");
  if (fs::exists(store.file("elsewhere"))) CHECK(test::names_in(store.file("elsewhere")).empty());
}

TEST_CASE("block cache: one that can only be read is read") {
  const Store store;
  CHECK(put_block(*store.open(), 0));
  // Permissions do not hold for root.
  const bool root = ::geteuid() == 0;
  constexpr uid_t kOther = 65534;
  if (root) {
    for (const auto& place : fs::recursive_directory_iterator(store.path()))
      CHECK(::chown(place.path().c_str(), kOther, kOther) == 0);
    CHECK(::chown(store.path().c_str(), kOther, kOther) == 0);
  }
  for (const char* name : {"data", "blocks", "key"}) CHECK(::chmod(store.entry(name).c_str(), 0400) == 0);
  CHECK(::chmod(store.entry(store.key).c_str(), 0500) == 0);
  const std::string before = test::read_file(store.entry("blocks"));
  CHECK(Child([&] {
          if (root && ::setuid(kOther) != 0) return false;
          const auto cache = store.open();
          return cache->note().empty() && reads_as(*cache, 0) && put_block(*cache, 1) && reads_as(*cache, 1);
        }).succeeds());
  CHECK(test::read_file(store.entry("blocks")) == before);
  // Another user's is not ours to trust.
  if (root) CHECK_FALSE(store.open()->note().empty());
  CHECK(::chmod(store.entry(store.key).c_str(), 0700) == 0);
}

TEST_CASE("block cache: where nothing can be kept, the bytes are passed on") {
  Store store;
  store.settings.mode = CacheMode::off;
  const Variable variable("TMPDIR", "/nonexistent/directory");
  const auto cache = store.open();
  CHECK_FALSE(put_block(*cache, 0));
  CHECK_FALSE(cache->has(0));
  CHECK(cache->note().find("/nonexistent/directory: cannot keep parts of https://example.org/m.gguf") == 0);
  CHECK_FALSE(put_block(*cache, 1));
}

TEST_CASE("block cache: an object that is larger than a file can be") {
  Store store;
  store.key.size = ~std::uint64_t{0};
  const auto cache = store.open();
  CHECK_FALSE(cache->note().empty());
  CHECK_FALSE(put_block(*cache, 0));
  CHECK_FALSE(cache->has(cache->block_count() - 1));
  CHECK(cache->block_length(cache->block_count() - 1) == kStored - 1);
  CHECK_FALSE(is_complete(*cache));
}

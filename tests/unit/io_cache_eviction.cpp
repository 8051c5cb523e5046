#include "io/cache_eviction.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>

#include "cache_store.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;
using namespace aerotool::test;
namespace fs = std::filesystem;

TEST_CASE("block cache: eviction removes what was used longest ago, down to the bound") {
  Store store;
  const CacheKey oldest = store.stored("/oldest", 4, 400);
  const CacheKey middle = store.stored("/middle", 4, 300);
  const CacheKey newest = store.stored("/newest", 4, 200);
  store.settings.most_bytes = std::uint64_t{64} << 20;
  CHECK(evict(store.settings) == 0);
  CHECK(fs::exists(store.entry(oldest)));
  store.settings.most_bytes = 10 * kStored;
  CHECK(evict(store.settings) >= 4 * kStored);
  CHECK_FALSE(fs::exists(store.entry(oldest)));
  CHECK(fs::exists(store.entry(middle)));
  CHECK(fs::exists(store.entry(newest)));
  // Opening is using.
  CHECK(is_complete(*BlockCache::open(store.settings, middle)));
  store.settings.most_bytes = 5 * kStored;
  evict(store.settings);
  CHECK(fs::exists(store.entry(middle)));
  CHECK_FALSE(fs::exists(store.entry(newest)));
  store.settings.most_bytes = 0;
  evict(store.settings);
  CHECK(store.count() == 0);
}

TEST_CASE("block cache: eviction counts what is allocated, and pins go as well") {
  Store store;
  store.key.commit = "abc";
  store.key.size = std::uint64_t{1} << 40;
  CHECK(put_block(*store.open(), 0));
  store.settings.most_bytes = 8 * kStored;
  CHECK(evict(store.settings) == 0);
  CHECK(store.count() == 2);
  store.settings.most_bytes = 0;
  CHECK(evict(store.settings) > kStored);
  CHECK(store.count() == 0);
}

TEST_CASE("block cache: an entry in use is not evicted") {
  Store store;
  store.settings.most_bytes = 0;
  auto cache = store.open();
  CHECK(put_block(*cache, 0));
  CHECK(evict(store.settings) > 0);  // what says that the URL led to it last
  CHECK(evict(store.settings) == 0);
  CHECK(Child([&] { return evict(store.settings) == 0; }).succeeds());
  CHECK(reads_as(*store.open(), 0));
  cache.reset();
  CHECK(evict(store.settings) > 0);
  CHECK_FALSE(store.open()->has(0));
}

TEST_CASE("block cache: runs open and write while another evicts all the time") {
  Store store;
  store.settings.most_bytes = 0;
  std::atomic<bool> stop{false};
  std::thread evicting([&] {
    while (!stop) evict(store.settings);
  });
  int wrong = 0;
  for (int i = 0; i < 200; ++i) {
    const auto cache = store.open();
    const std::uint64_t block = static_cast<std::uint64_t>(i) % 3;
    if (!put_block(*cache, block) || !reads_as(*cache, block)) ++wrong;
  }
  stop = true;
  evicting.join();
  CHECK(wrong == 0);
}

TEST_CASE("block cache: eviction touches nothing that is not the cache's") {
  Store store;
  const CacheKey stray = store.stored("/stray", 1, 100);
  const CacheKey linked = store.stored("/linked", 1, 100);
  const CacheKey folder = store.stored("/folder", 1, 100);
  const CacheKey outside = store.stored("/outside", 1, 100);
  for (const CacheKey* key : {&stray, &linked, &folder, &outside})
    fs::remove_all(store.root() + "/" + pin_name(key->origin, key->path, ""));
  test::write_file(store.entry(stray) + "/notes.txt", "mine");
  test::write_file(store.file("target"), "mine");
  fs::remove(store.entry(linked) + "/data");
  fs::create_symlink(store.file("target"), store.entry(linked) + "/data");
  fs::remove(store.entry(folder) + "/key");
  fs::create_directories(store.entry(folder) + "/key");
  fs::rename(store.entry(outside), store.file("moved"));
  fs::create_symlink(store.file("moved"), store.entry(outside));
  const std::string digits(64, 'a');
  fs::create_directories(store.root() + "/" + std::string(63, 'a'));
  fs::create_directories(store.root() + "/" + std::string(64, 'A'));
  test::write_file(store.root() + "/" + std::string(63, 'a') + "/data", "mine");
  test::write_file(store.root() + "/" + digits, "mine");
  const auto before = test::names_in(store.root());
  store.settings.most_bytes = 0;
  CHECK(evict(store.settings) == 0);
  CHECK(test::names_in(store.root()) == before);
  CHECK(test::names_in(store.entry(stray)).size() == 4);
  CHECK(test::names_in(store.file("moved")).size() == 3);
  CHECK(test::read_file(store.file("target")) == "mine");
  CHECK(test::read_file(store.root() + "/" + digits) == "mine");
}

TEST_CASE("block cache: eviction makes nothing where there is no cache") {
  Store store;
  store.settings.most_bytes = 0;
  CHECK(evict(store.settings) == 0);
  CHECK_FALSE(fs::exists(store.file("cache")));
  CHECK(evict({}) == 0);
}

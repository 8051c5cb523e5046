#include "io/block_cache.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "files.hpp"
#include "hash/blake3.hpp"
#include "io/cache_eviction.hpp"
#include "io/fd.hpp"

using namespace aerotool;
using namespace aerotool::io;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t kStored = BlockCache::kBlockBytes;
constexpr std::size_t kRecordSize = 40;

/// The bytes of a block of the object that all tests fetch.
std::vector<std::byte> block_bytes(const BlockCache& cache, std::uint64_t block, unsigned version = 0) {
  std::vector<std::byte> bytes(cache.block_length(block));
  unsigned noise = static_cast<unsigned>(block) * 977U + version * 31U + 1U;
  for (std::byte& byte : bytes) {
    noise = noise * 1664525U + 1013904223U;
    byte = static_cast<std::byte>(noise >> 24U);
  }
  return bytes;
}

bool put_block(BlockCache& cache, std::uint64_t block, unsigned version = 0) {
  return cache.put(block, block_bytes(cache, block, version));
}

/// Whether a block can be read, and is what it should be.
bool reads_as(BlockCache& cache, std::uint64_t block, unsigned version = 0) {
  std::vector<std::byte> out(cache.block_length(block));
  return cache.read(block * kStored, out) && out == block_bytes(cache, block, version);
}

bool is_complete(BlockCache& cache) {
  // Of an object that says it is huge, not every block is asked for.
  return cache.has(cache.block_count() - 1) && cache.missing(0, cache.key().size).empty();
}

/// A cache of its own, and an object of three blocks and a bit.
struct Store : test::TemporaryDirectory {
  Store() {
    settings.directory = file("cache/of/ours");
    key = {"https://example.org", "/m.gguf", "https://example.org/m.gguf", "\"v1\"", 3 * kStored + 5, ""};
  }
  std::shared_ptr<BlockCache> open() const { return BlockCache::open(settings, key); }
  std::string root() const { return settings.directory + "/v1"; }
  /// Entries and pins.
  std::size_t count() const {
    std::vector<std::string> names = test::names_in(root());
    CHECK(std::erase(names, "CACHEDIR.TAG") == 1);
    return names.size();
  }
  std::string entry(const CacheKey& of) const { return root() + "/" + entry_name(of); }
  std::string entry(const std::string& name) const { return entry(key) + "/" + name; }
  /// An object of `blocks` blocks in the cache, which was last used `age` seconds ago.
  CacheKey stored(const std::string& path, unsigned blocks, int age) const {
    CacheKey other = key;
    other.path = path;
    other.size = blocks * kStored;
    const auto cache = BlockCache::open(settings, other);
    for (unsigned block = 0; block < blocks; ++block) CHECK(put_block(*cache, block));
    set_age(entry(other) + "/key", age);
    return other;
  }
  static void set_age(const std::string& path, int age) {
    const timespec then{::time(nullptr) - age, 0};
    const std::array<timespec, 2> times{then, then};
    CHECK(::utimensat(AT_FDCWD, path.c_str(), times.data(), 0) == 0);
  }

  CacheSettings settings;
  CacheKey key;
};

/// Sets a variable for a while.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old;
    set(value);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { set(old_ ? old_->c_str() : nullptr); }

 private:
  void set(const char* value) const {
    if (value == nullptr) {
      ::unsetenv(name_);
    } else {
      ::setenv(name_, value, 1);
    }
  }

  const char* name_;
  std::optional<std::string> old_;
};

/// Runs in a process of its own; whether it returned true.
class Child {
 public:
  explicit Child(const std::function<bool()>& work) : process_(::fork()) {
    if (process_ == 0) ::_exit(work() ? 0 : 1);
  }
  bool succeeds() const {
    int status = 0;
    return ::waitpid(process_, &status, 0) == process_ && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

 private:
  pid_t process_;
};

std::string record_of(std::uint64_t block, const Digest& digest) {
  std::array<std::byte, sizeof block> number{};
  store_le(std::span<std::byte>(number), 0, block);
  return std::string(chars_of(ByteSpan(number))) + std::string(chars_of(ByteSpan(digest)));
}

mode_t mode_of(const std::string& path) {
  struct ::stat status {};
  CHECK(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

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

TEST_CASE("block cache: a commit finds its entry with no request") {
  Store store;
  store.key.commit = "0123abc";
  store.key.validator = "\"a\nb%\x7f\x80\"";
  const auto find = [&](const std::string& commit, const std::string& path = "/m.gguf") {
    return find_pinned(store.settings, "https://example.org", path, commit);
  };
  CHECK_FALSE(find("0123abc"));
  CHECK(put_block(*store.open(), 0));
  const auto found = find("0123abc");
  REQUIRE(found);
  CHECK(found->validator == store.key.validator);
  CHECK(found->size == store.key.size);
  CHECK(found->shown == store.key.shown);
  CHECK(BlockCache::open(store.settings, *found)->has(0));
  CHECK_FALSE(find("0123abd"));
  CHECK_FALSE(find(""));
  CHECK_FALSE(find("0123abc", "/n.gguf"));
  // The same object at another commit is found by both.
  store.key.commit = "fedcba9";
  store.open();
  CHECK(find("fedcba9"));
  CHECK(find("0123abc"));
  const std::string pin = store.root() + "/" + pin_name("https://example.org", "/m.gguf", "0123abc") + "/key";
  const std::string text = test::read_file(pin);
  for (const std::string& damaged :
       {std::string(), text.substr(0, text.size() - 1), text + "x", "x" + text, std::string(100'000, 'u'),
        text.substr(0, text.find("size")) + "size -1\ncommit 0123abc\n",
        text.substr(0, text.find("size")) + "size 99999999999999999999\ncommit 0123abc\n",
        text.substr(0, text.find("size")) + "size 4\ncommit 0123abc\n",
        text.substr(0, text.find("commit")) + "commit other\n"}) {
    test::write_file(pin, damaged);
    CAPTURE(damaged);
    CHECK_FALSE(find("0123abc"));
  }
  test::write_file(pin, text);
  CHECK(find("0123abc"));
  fs::remove_all(store.entry(store.key));
  CHECK_FALSE(find("0123abc"));
}

TEST_CASE("block cache: the text of a key") {
  const CacheKey key{"o", "p", "https://h/\tx", "\"50%\"\n", 12, "abc"};
  CHECK(key_text(key) == "url https://h/%09x\nvalidator \"50%25\"%0a\nsize 12\ncommit abc\nsha256 \n");
  CHECK(key_from_text(key_text(key))->shown == key.shown);
  CHECK_FALSE(key_from_text("url a%\nvalidator b\nsize 1\ncommit c\nsha256 \n"));
  CHECK_FALSE(key_from_text("url a%2\nvalidator b\nsize 1\ncommit c\nsha256 \n"));
  CHECK_FALSE(key_from_text("url a\nvalidator b\nsize \ncommit c\nsha256 \n"));
  CHECK_FALSE(key_from_text("url a\nvalidator b\nsize 1\ncommit c\nsha256 "));
}

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

TEST_CASE("block cache: settings from the environment") {
  const Variable mode("AEROTOOL_CACHE", nullptr);
  const Variable directory("AEROTOOL_CACHE_DIR", nullptr);
  const Variable base("XDG_CACHE_HOME", nullptr);
  const Variable home("HOME", "/home/u");
  CHECK(cache_settings_from_environment().mode == CacheMode::heads);
  CHECK(cache_settings_from_environment().directory == "/home/u/.cache/aerotool");
  CHECK(cache_settings_from_environment().most_bytes == std::uint64_t{4} << 30);
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  CHECK(cache_settings_from_environment().directory == "/home/u/.cache/aerotool");
  ::setenv("XDG_CACHE_HOME", "/x", 1);
  CHECK(cache_settings_from_environment().directory == "/x/aerotool");
  ::setenv("AEROTOOL_CACHE_DIR", "here", 1);
  CHECK(cache_settings_from_environment().directory == "here");
  for (const auto& [text, meant] : {std::pair("heads", CacheMode::heads), std::pair("all", CacheMode::all),
                                    std::pair("off", CacheMode::off), std::pair("", CacheMode::heads)}) {
    ::setenv("AEROTOOL_CACHE", text, 1);
    CHECK(cache_settings_from_environment().mode == meant);
  }
  ::setenv("AEROTOOL_CACHE", "yes", 1);
  CHECK_THROWS_WITH_AS(cache_settings_from_environment(),
                       "AEROTOOL_CACHE takes one of heads, all and off, not 'yes'", UsageError);
  for (const char* name : {"AEROTOOL_CACHE_DIR", "XDG_CACHE_HOME", "HOME", "AEROTOOL_CACHE"})
    ::unsetenv(name);
  CHECK(cache_settings_from_environment().directory.empty());
}

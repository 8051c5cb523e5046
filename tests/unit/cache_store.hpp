// A cache of remote objects in a directory of its own, for the tests of its parts.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "files.hpp"
#include "io/block_cache.hpp"

namespace aerotool::test {

using namespace aerotool::io;

inline constexpr std::uint64_t kStored = BlockCache::kBlockBytes;
inline constexpr std::size_t kRecordSize = 40;

/// The bytes of a block of the object that all tests fetch.
inline std::vector<std::byte> block_bytes(const BlockCache& cache, std::uint64_t block,
                                          unsigned version = 0) {
  std::vector<std::byte> bytes(cache.block_length(block));
  unsigned noise = static_cast<unsigned>(block) * 977U + version * 31U + 1U;
  for (std::byte& byte : bytes) {
    noise = noise * 1664525U + 1013904223U;
    byte = static_cast<std::byte>(noise >> 24U);
  }
  return bytes;
}

inline bool put_block(BlockCache& cache, std::uint64_t block, unsigned version = 0) {
  return cache.put(block, block_bytes(cache, block, version));
}

/// Whether a block can be read, and is what it should be.
inline bool reads_as(BlockCache& cache, std::uint64_t block, unsigned version = 0) {
  std::vector<std::byte> out(cache.block_length(block));
  return cache.read(block * kStored, out) && out == block_bytes(cache, block, version);
}

inline bool is_complete(BlockCache& cache) {
  // Of an object that says it is huge, not every block is asked for.
  return cache.has(cache.block_count() - 1) && cache.missing(0, cache.key().size).empty();
}

/// A cache of its own, and an object of three blocks and a bit.
struct Store : TemporaryDirectory {
  Store() {
    settings.directory = file("cache/of/ours");
    key = {"https://example.org", "/m.gguf", "https://example.org/m.gguf", "\"v1\"", 3 * kStored + 5, ""};
  }
  std::shared_ptr<BlockCache> open() const { return BlockCache::open(settings, key); }
  std::string root() const { return settings.directory + "/v1"; }
  /// Entries and pins.
  std::size_t count() const {
    std::vector<std::string> names = names_in(root());
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

inline std::string record_of(std::uint64_t block, const Digest& digest) {
  std::array<std::byte, sizeof block> number{};
  store_le(std::span<std::byte>(number), 0, block);
  return std::string(chars_of(ByteSpan(number))) + std::string(chars_of(ByteSpan(digest)));
}

inline mode_t mode_of(const std::string& path) {
  struct ::stat status {};
  CHECK(::lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace aerotool::test

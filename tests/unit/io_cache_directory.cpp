// Keys and pins of the cache, and where it lies.
#include "io/cache_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "cache_store.hpp"
#include "core/error.hpp"
#include "files.hpp"

using namespace aerotool;
using namespace aerotool::io;
using namespace aerotool::test;
namespace fs = std::filesystem;

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

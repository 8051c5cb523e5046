#include "hub/hf_cache.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>

#include "core/error.hpp"
#include "files.hpp"
#include "hub/content_name.hpp"
#include "io/listing.hpp"
#include "io/no_links.hpp"

using namespace aerotool;
namespace fs = std::filesystem;

namespace {

const std::string kHash(64, 'a');
const std::string kOther = "bb" + std::string(62, 'c');

/// A repository with the blob 'aa...', and a snapshot; beside it the store of shared blobs.
struct Cache : test::TemporaryDirectory {
  Cache() {
    for (const char* name : {"blobs", "snapshots/0123abc/sub", "refs"})
      fs::create_directories(repository(name));
    test::write_file(repository("blobs/" + kHash), "blob");
    fs::create_directories(root + "/blobs/bb");
    test::write_file(root + "/blobs/.huggingface-shared-blobs", "1\n");
    test::write_file(root + "/blobs/bb/" + kOther, "shared");
  }
  std::string repository(const std::string& name) const { return root + "/models--o--n/" + name; }
  std::string snapshot() const { return repository("snapshots/0123abc"); }
  /// Makes the file a link, and opens it by the rule.
  io::StoredFile open(const std::string& target, const std::string& name = "file") const {
    fs::create_symlink(target, snapshot() + "/" + name);
    return hub::open_in_snapshot(snapshot(), name);
  }
  bool admits(const std::string& target, const std::string& name = "file") const {
    return static_cast<bool>(open(target, name).file);
  }
  void make_blob_link(const std::string& name, const std::string& target) const {
    fs::create_symlink(target, repository("blobs/" + name));
  }

  const std::string root = io::real_path(path());
};

}  // namespace

TEST_CASE("hf cache: a link to a blob of its repository is admitted, with the SHA-256 in its name") {
  const Cache cache;
  const io::StoredFile stored = cache.open("../../blobs/" + kHash);
  CHECK(stored.file);
  CHECK(stored.sha256 == hub::sha256_in_name(kHash));
  CHECK(cache.admits("../../../blobs/" + kHash, "sub/file"));
  CHECK(cache.admits(cache.repository("blobs/" + kHash), "absolute"));
  CHECK(hub::open_in_snapshot(cache.snapshot() + "/sub", "file").file);
  test::write_file(cache.repository("blobs/" + std::string(40, 'd')), "small");
  const io::StoredFile small = cache.open("../../blobs/" + std::string(40, 'd'), "config.json");
  CHECK(small.file);
  CHECK_FALSE(small.sha256);
}

TEST_CASE("hf cache: the second hop is admitted into the shared blobs") {
  const Cache cache;
  cache.make_blob_link(std::string(64, 'e'), "../../blobs/bb/" + kOther);
  const io::StoredFile stored = cache.open("../../blobs/" + std::string(64, 'e'));
  CHECK(stored.file);
  // The first name is the file's SHA-256; the shared one is a hash of another kind.
  CHECK(stored.sha256 == hub::sha256_in_name(std::string(64, 'e')));
}

TEST_CASE("hf cache: links to elsewhere are refused") {
  const Cache cache;
  test::write_file(cache.root + "/outside", "x");
  fs::create_directories(cache.root + "/models--o--other/blobs");
  test::write_file(cache.root + "/models--o--other/blobs/" + kHash, "x");
  CHECK_FALSE(cache.admits("/etc/passwd", "1"));
  CHECK_FALSE(cache.admits("../../../outside", "2"));
  CHECK_FALSE(cache.admits("../../../models--o--other/blobs/" + kHash, "3"));
  CHECK_FALSE(cache.admits("../../../blobs/bb/" + kOther, "4"));
  CHECK_FALSE(cache.admits("../../blobs", "5"));
  CHECK_FALSE(cache.admits("../../refs/main", "6"));
  CHECK_FALSE(cache.admits("../../../../../../../../../../../../../../blobs/" + kHash, "7"));
  // By way of another link, though it leads to the same place.
  fs::create_symlink("../../blobs/" + kHash, cache.snapshot() + "/first");
  CHECK_FALSE(cache.admits("first", "8"));
  CHECK_FALSE(hub::open_in_snapshot(cache.snapshot(), "missing").file);
  // No link: that is not for this rule.
  test::write_file(cache.snapshot() + "/plain", "x");
  CHECK_FALSE(hub::open_in_snapshot(cache.snapshot(), "plain").file);
}

TEST_CASE("hf cache: names in blobs that are refused") {
  const Cache cache;
  for (const char* name : {".hidden", "x.incomplete", "sub/x"}) {
    fs::create_directories(cache.repository("blobs/sub"));
    test::write_file(cache.repository("blobs/") + name, "x");
    CHECK_FALSE(cache.admits("../../blobs/" + std::string(name), fs::path(name).filename().string()));
  }
  fs::create_directories(cache.repository("blobs/directory"));
  CHECK_FALSE(cache.admits("../../blobs/directory", "directory"));
  ::mkfifo(cache.repository("blobs/fifo").c_str(), 0600);
  CHECK_FALSE(cache.admits("../../blobs/fifo", "fifo"));
  CHECK(cache.open("../../blobs/gone", "gone").problem.find("missing from the cache") != std::string::npos);
}

TEST_CASE("hf cache: links in blobs that are refused") {
  const Cache cache;
  test::write_file(cache.root + "/outside", "x");
  const std::string wrong_group = "../../blobs/cc/" + kOther;
  fs::create_directories(cache.root + "/blobs/cc");
  test::write_file(cache.root + "/blobs/cc/" + kOther, "x");
  test::write_file(cache.root + "/blobs/bb/short", "x");
  fs::create_symlink("../../outside", cache.root + "/blobs/bb/bb" + std::string(62, '0'));
  fs::create_directories(cache.root + "/blobs/bb/bb" + std::string(62, '1'));
  int number = 0;
  for (const std::string& target :
       {std::string("/etc/passwd"), std::string("../../outside"), kHash, wrong_group,
        std::string("../../blobs/bb/short"), "../../blobs/" + kOther,
        "../../blobs/bb/bb" + std::string(62, '0'), "../../blobs/bb/bb" + std::string(62, '1'),
        "../../blobs/bb/bb" + std::string(62, '2')}) {
    const std::string name = std::to_string(number++);
    cache.make_blob_link(name, target);
    CAPTURE(target);
    CHECK_FALSE(cache.admits("../../blobs/" + name, name));
  }
}

TEST_CASE("hf cache: directories on the way that are refused") {
  SUBCASE("no marker beside the shared blobs") {
    const Cache cache;
    fs::remove(cache.root + "/blobs/.huggingface-shared-blobs");
    cache.make_blob_link("x", "../../blobs/bb/" + kOther);
    CHECK_FALSE(cache.admits("../../blobs/x"));
  }
  SUBCASE("a marker that is a link") {
    const Cache cache;
    fs::remove(cache.root + "/blobs/.huggingface-shared-blobs");
    fs::create_symlink("bb/" + kOther, cache.root + "/blobs/.huggingface-shared-blobs");
    cache.make_blob_link("x", "../../blobs/bb/" + kOther);
    CHECK_FALSE(cache.admits("../../blobs/x"));
  }
  SUBCASE("the shared blobs are a link") {
    const Cache cache;
    fs::rename(cache.root + "/blobs", cache.root + "/elsewhere");
    fs::create_symlink("elsewhere", cache.root + "/blobs");
    cache.make_blob_link("x", "../../blobs/bb/" + kOther);
    CHECK_FALSE(cache.admits("../../blobs/x"));
  }
  SUBCASE("a group of the shared blobs is a link") {
    const Cache cache;
    fs::rename(cache.root + "/blobs/bb", cache.root + "/blobs/elsewhere");
    fs::create_symlink("elsewhere", cache.root + "/blobs/bb");
    cache.make_blob_link("x", "../../blobs/bb/" + kOther);
    CHECK_FALSE(cache.admits("../../blobs/x"));
  }
  SUBCASE("blobs is a link") {
    const Cache cache;
    fs::rename(cache.repository("blobs"), cache.root + "/elsewhere");
    fs::create_symlink("../elsewhere", cache.repository("blobs"));
    CHECK_FALSE(cache.admits("../../blobs/" + kHash));
  }
  SUBCASE("a directory below the snapshot is a link") {
    const Cache cache;
    fs::create_symlink("../../../blobs/" + kHash, cache.snapshot() + "/sub/file");
    fs::create_symlink("sub", cache.snapshot() + "/link");
    CHECK(hub::open_in_snapshot(cache.snapshot(), "sub/file").file);
    CHECK_FALSE(hub::open_in_snapshot(cache.snapshot(), "link/file").file);
  }
}

TEST_CASE("hf cache: only a snapshot of a repository has the rule") {
  for (const std::string place : {"models--o--n/snapshots/main", "models--o--n/snapshots/0123ab",
                                  "models--o--n/other/0123abc", "mine/snapshots/0123abc"}) {
    const test::TemporaryDirectory directory;
    const std::string root = io::real_path(directory.path());
    const std::string repository = root + "/" + place.substr(0, place.find('/'));
    fs::create_directories(root + "/" + place);
    fs::create_directories(repository + "/blobs");
    test::write_file(repository + "/blobs/x", "x");
    fs::create_symlink("../../blobs/x", root + "/" + place + "/file");
    CAPTURE(place);
    CHECK_FALSE(hub::open_in_snapshot(root + "/" + place, "file").file);
  }
}

TEST_CASE("hf cache: refs/main") {
  const Cache cache;
  const std::string main = cache.repository("refs/main");
  const std::string repository = cache.repository("");
  CHECK_THROWS_AS(hub::snapshot_in_use(repository), UsageError);
  test::write_file(main, "0123abc");
  CHECK(hub::snapshot_in_use(repository) == cache.repository("snapshots/0123abc"));
  CHECK_FALSE(hub::snapshot_in_use(cache.snapshot()));
  for (const std::string& text :
       {std::string("../../x"), std::string("0123abc\n"), std::string("0123abc/sub"), std::string("/etc"),
        std::string(100'000, '0'), std::string(), std::string("fedcba9"), std::string("0123abc\0", 8)}) {
    test::write_file(main, text);
    CHECK_THROWS_AS(hub::snapshot_in_use(repository), UsageError);
  }
  fs::remove(main);
  fs::create_symlink("/etc/hostname", main);
  CHECK_THROWS_AS(hub::snapshot_in_use(repository), UsageError);
  fs::remove(main);
  ::mkfifo(main.c_str(), 0600);
  CHECK_THROWS_AS(hub::snapshot_in_use(repository), UsageError);
}

TEST_CASE("content names: by the link that leads to a blob, and by the blob's path") {
  const Cache cache;
  const auto digest = hub::sha256_in_name(kHash);
  fs::create_symlink("../../blobs/" + kHash, cache.snapshot() + "/file");
  fs::create_symlink(cache.snapshot() + "/file", cache.root + "/mine");
  CHECK(hub::promised_sha256(cache.snapshot() + "/file") == digest);
  CHECK(hub::promised_sha256(cache.root + "/mine") == digest);
  CHECK(hub::promised_sha256(cache.repository("blobs/" + kHash)) == digest);
  CHECK(hub::promised_sha256(cache.root + "/blobs/sha256-" + kHash) == digest);
  // The names of shared blobs are hashes of another kind.
  CHECK_FALSE(hub::promised_sha256(cache.root + "/blobs/bb/" + kOther));
  CHECK_FALSE(hub::promised_sha256(cache.root + "/" + kHash));
  CHECK_FALSE(hub::promised_sha256(cache.root + "/nothing"));
  fs::create_symlink("circle", cache.root + "/circle");
  CHECK_FALSE(hub::promised_sha256(cache.root + "/circle"));
}

TEST_CASE("no links: paths joined as text") {
  CHECK(io::joined_as_text("/a/b", "c") == "/a/b/c");
  CHECK(io::joined_as_text("/a/b", "../../c/./d//e") == "/c/d/e");
  CHECK(io::joined_as_text("/a/b", "/c") == "/c");
  for (const char* text : {"../../../c", "c/../d", "c/", "c/.", ".", "..", "", "/", "/../c"}) {
    CAPTURE(text);
    CHECK(io::joined_as_text("/a/b", text).empty());
  }
}

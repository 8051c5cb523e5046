#include "hub/hub_listing.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/text.hpp"

using namespace aerotool;
using Names = std::vector<std::string>;

namespace {

const std::string kHash(64, 'a');

hub::HubListing listing_of(const std::string& json) {
  hub::HubListing listing;
  REQUIRE(listing.add_page(json) == "");
  listing.finish();
  return listing;
}

}  // namespace

TEST_CASE("hub listing: files and the directories that they lie in") {
  const auto listing = listing_of(
      R"([{"type":"directory","oid":"x","size":0,"path":"sub"},)"
      R"({"type":"file","oid":"x","size":12,"path":"sub/b.json","security":{"oid":"no","tags":[{"oid":"no"}]}},)"
      R"({"type":"file","oid":"x","size":5,"path":"model.gguf","lfs":{"oid":")" +
      kHash +
      R"(","size":5,"pointerSize":134},"xetHash":"y"},)"
      R"({"type":"file","size":1,"path":"sub.txt"},{"type":"file","size":1,"path":"sub/deep/c"}])");
  CHECK(listing.files().size() == 4);
  REQUIRE(listing.file("model.gguf"));
  CHECK(listing.file("model.gguf")->size == 5);
  CHECK(to_hex(listing.file("model.gguf")->sha256.value()) == kHash);
  CHECK_FALSE(listing.file("sub/b.json")->sha256);
  CHECK(listing.names_in("") == Names{"model.gguf", "sub", "sub.txt"});
  CHECK(listing.names_in("sub") == Names{"b.json", "deep"});
  CHECK(listing.names_in("nowhere").empty());
  CHECK(listing.type_of("") == io::FileType::directory);
  CHECK(listing.type_of("sub/deep") == io::FileType::directory);
  CHECK(listing.type_of("sub/b.json") == io::FileType::regular);
  CHECK(listing.type_of("su") == io::FileType::none);
  const auto again = hub::HubListing::from_text(listing.text());
  REQUIRE(again);
  CHECK(again->files() == listing.files());
}

TEST_CASE("hub listing: paths that no file can have are left out, and what has no size") {
  const auto listing = listing_of(
      R"([{"type":"file","size":1,"path":"../x"},{"type":"file","size":1,"path":"/etc/passwd"},)"
      R"({"type":"file","size":1,"path":"a\nb"},{"type":"file","size":1,"path":"a\\b"},)"
      R"({"type":"file","size":-1,"path":"c"},{"type":"file","size":1.5,"path":"d"},{"type":"file","path":"e"},)"
      R"({"type":"file","size":1,"path":""},{"size":1,"path":"f"},{"type":"file","size":2,"path":"g"},)"
      R"({"type":"file","size":3,"path":"g"}])");
  REQUIRE(listing.files().size() == 1);
  CHECK(listing.files().front().size == 2);
}

TEST_CASE("hub listing: what is no list is told") {
  for (const char* json : {"", "{", R"({"error":"x"})", "[", R"([{"type":"file")"}) {
    CAPTURE(json);
    hub::HubListing listing;
    CHECK(listing.add_page(json) != "");
  }
}

TEST_CASE("hub listing: a kept text of another form is none") {
  CHECK(hub::HubListing::from_text("")->files().empty());
  for (const char* text :
       {"5 - a", "5 - \n", "x - a\n", "5 a\n", "5 abc a\n", "5 - ../a\n", "-1 - a\n", "5 - a\n\n"}) {
    CAPTURE(text);
    CHECK_FALSE(hub::HubListing::from_text(text));
  }
}

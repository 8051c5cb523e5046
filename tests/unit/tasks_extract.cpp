// What extract does, without a command line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "files.hpp"
#include "plan_fixture.hpp"
#include "tasks/extract/extract.hpp"
#include "tasks/request_error.hpp"

using namespace aerotool;

namespace {

struct Three : test::MadeUpModel {
  Three() { add("a.x", DTypeCode::u8, {2}).add("a.y", DTypeCode::u8, {2}).add("b", DTypeCode::u8, {4}); }
};

}  // namespace

TEST_CASE("extract: a name or a pattern to files of their own") {
  const test::TemporaryDirectory directory;
  const Three model;
  tasks::ExtractRequest request;
  request.tensors = {"a.*", "a.x"};
  request.output = directory.path();
  CHECK(tasks::extract(model, request, {}).tensors == 2);
  CHECK(test::names_in(directory.path()) == std::vector<std::string>{"a.x.bin", "a.y.bin"});
  CHECK(test::read_file(directory.file("a.y.bin")) == "\x01\x02");
}

TEST_CASE("extract: a range of bytes, and several tensors behind each other") {
  const test::TemporaryDirectory directory;
  const Three model;
  tasks::ExtractRequest request;
  request.tensors = {"b"};
  request.output = directory.file("out");
  request.bytes = tasks::ByteRange{.begin = 1, .end = 3, .text = "1:3"};
  tasks::extract(model, request, {});
  CHECK(test::read_file(request.output) == "\x03\x04");
  request.bytes->end = 5;
  CHECK_THROWS_AS(tasks::extract(model, request, {}), tasks::RequestError);
  request.bytes.reset();
  request.tensors = {"b", "a.y"};
  CHECK_THROWS_AS(tasks::extract(model, request, {}), tasks::RequestError);
  request.concat = true;
  tasks::extract(model, request, {});
  CHECK(test::read_file(request.output) == "\x02\x03\x04\x05\x01\x02");
}

TEST_CASE("extract: a missing name is refused, a pattern in vain leaves nothing to do") {
  const test::TemporaryDirectory directory;
  const Three model;
  tasks::ExtractRequest request;
  request.output = directory.path();
  request.tensors = {"c"};
  CHECK_THROWS_AS(tasks::extract(model, request, {}), tasks::RequestError);
  request.tensors = {"c*"};
  const tasks::Extracted done = tasks::extract(model, request, {});
  CHECK(done.tensors == 0);
  CHECK(done.nothing.ends_with("no tensor matches 'c*'"));
  CHECK(test::names_in(directory.path()).empty());
}

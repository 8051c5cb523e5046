// The writers of several files, and what they refuse of hostile sources.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>

#include "formats/gguf_split/writer.hpp"
#include "formats/safetensors_sharded/writer.hpp"
#include "gguf_fixture.hpp"
#include "plan_fixture.hpp"

using namespace aerotool;
using namespace aerotool::test;
using aerotool::gguf_test::has;

namespace {

const safetensors_sharded::ShardedWriter kSharded;
const gguf_split::SplitWriter kSplit;

/// The files that a writer makes, by their paths.
std::map<std::string, std::string> files_of(const SetWriter& writer, const Plan& plan) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("set");
  const SetResult result = writer.draft(plan)->write(path, nullptr);
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file())
      files[std::filesystem::relative(entry.path(), path).string()] = read_file(entry.path().string());
  }
  CHECK(files.size() == result.written.size());
  return files;
}

/// What the writer refuses a plan with; nothing is there then.
std::string refusal_of(const SetWriter& writer, const Plan& plan) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("set");
  std::string line = "no error";
  try {
    writer.draft(plan)->write(path, nullptr);
  } catch (const Error& error) {
    line = error.what();
    CHECK(!std::filesystem::exists(path));
  }
  return line;
}

/// Three tensors in two recorded files.
struct Recording {
  explicit Recording(bool gguf) {
    model.add("a", DTypeCode::i8, {1}).add("b", DTypeCode::i8, {2}).add("c", DTypeCode::i8, {3});
    Source& source = model.source();
    source.format = gguf ? "gguf" : "safetensors";
    source.typed_metadata = gguf;
    for (const char* path : {"m-00001-of-00002", "m-00002-of-00002"}) {
      SourceFile& file = source.files.emplace_back();
      file.path = std::string(path) + (gguf ? ".gguf" : ".safetensors");
      if (gguf) file.metadata.emplace();
    }
    source.files[0].order = {2};
    source.files[1].order = {1, 0};
    if (gguf) {
      source.metadata.emplace();
    } else {
      source.index = bytes(
          R"({"weight_map":{"c":"m-00001-of-00002.safetensors","b":"m-00002-of-00002.safetensors","a":"m-00002-of-00002.safetensors"}})");
    }
  }
  std::string refusal() const {
    if (model.source().format == "gguf") return refusal_of(kSplit, plan_of(model));
    return refusal_of(kSharded, plan_of(model));
  }
  Recording& set_index(const std::string& text) {
    model.source().index = bytes(text);
    return *this;
  }

  mutable MadeUpModel model;
};

}  // namespace

TEST_CASE("recorded safetensors files are written as they were") {
  const Recording recording(false);
  const auto files = files_of(kSharded, plan_of(recording.model));
  CHECK(files.size() == 3);
  CHECK(files.at("model.safetensors.index.json") == recording.model.source().index->text());
  CHECK(files.at("m-00001-of-00002.safetensors").ends_with(std::string("\2\3\4", 3)));
  CHECK(files.at("m-00002-of-00002.safetensors").ends_with(std::string("\1\2\0", 3)));
}

TEST_CASE("recorded paths that lead somewhere else are refused") {
  for (const bool gguf : {false, true}) {
    const std::string extension = gguf ? ".gguf" : ".safetensors";
    for (const char* path : {"", "/etc/x", "../x", "a/../../x", ".x", "a/.x", "./x", "a//x", "a/"}) {
      Recording recording(gguf);
      recording.model.source().files[0].path = *path == '\0' ? path : path + extension;
      CHECK(has(recording.refusal(), "\"source\": the path '"));
    }
    Recording nul(gguf);
    nul.model.source().files[0].path = std::string("a\0b", 3) + extension;
    CHECK(has(nul.refusal(), "has a NUL in it"));
    Recording other(gguf);
    other.model.source().files[0].path = "x.sh";
    CHECK(has(other.refusal(), "does not end in " + extension));
    Recording twice(gguf);
    twice.model.source().files[0].path = twice.model.source().files[1].path;
    CHECK(has(twice.refusal(), "is duplicated"));
  }
}

TEST_CASE("a recorded index may not lead somewhere else") {
  for (const char* path : {"x.json", "../model.safetensors.index.json", "a/model.safetensors.index.json",
                           "/model.safetensors.index.json", ".safetensors.index.json"}) {
    Recording recording(false);
    recording.model.source().index_path = path;
    CHECK(has(recording.refusal(), "the index cannot be named"));
  }
  Recording recording(false);
  recording.model.source().index_path = "x.safetensors.index.json";
  CHECK(files_of(kSharded, plan_of(recording.model)).contains("x.safetensors.index.json"));
}

TEST_CASE("a recorded index has to be that of the files") {
  const std::string sound(Recording(false).model.source().index->text());
  const auto refusal_with = [&](const std::string& part, const std::string& other) {
    std::string text = sound;
    return Recording(false).set_index(text.replace(text.find(part), part.size(), other)).refusal();
  };
  CHECK(Recording(false).refusal() == "no error");
  CHECK(has(refusal_with("\"a\":\"m-00002", "\"a\":\"m-00001"), "it is wrong about 'a'"));
  CHECK(has(refusal_with("\"c\":\"m-00001", "\"c\":\"m-00003"), "it names other files"));
  CHECK(has(refusal_with("\"c\":\"m-00001", "\"c\":\"m-00002"), "it names other files"));
  CHECK(has(refusal_with("\"a\":", "\"d\":"), "it is wrong about 'd'"));
  CHECK(has(refusal_with("\"a\":", "\"c\":"), "does not describe its files"));
  CHECK(has(refusal_with("weight_map", "weightmap"), "does not describe its files"));
  CHECK(has(refusal_with("{", "["), "does not describe its files"));
  CHECK(has(Recording(false).set_index("").refusal(), "does not describe its files"));
  // The reader warns of a tensor that the index leaves out, and takes it all the same.
  CHECK(refusal_with(R"(,"a":"m-00002-of-00002.safetensors")", "") == "no error");
}

TEST_CASE("recorded files have to hold every tensor once") {
  for (const bool gguf : {false, true}) {
    for (const std::vector<std::uint64_t>& order : {std::vector<std::uint64_t>{}, {1}, {3}, {2, 2}}) {
      Recording recording(gguf);
      recording.model.source().files[0].order = order;
      CHECK(has(recording.refusal(), "does not name every tensor once"));
    }
  }
}

TEST_CASE("a recorded file's head and gaps are held to its tensors") {
  Recording head(false);
  head.model.source().files[1].head = bytes("12345678{}");
  CHECK(has(head.refusal(), "the head that it carries does not describe its tensors"));
  Recording gap(false);
  gap.model.source().files[1].gaps.emplace_back(0, bytes("x"));
  CHECK(has(gap.refusal(), "gaps"));
  Recording gguf_head(true);
  gguf_head.model.source().files[1].head = bytes("GGUF");
  CHECK(has(gguf_head.refusal(), "the head that it carries does not describe its tensors"));
  Recording gguf_gap(true);
  gguf_gap.model.source().files[1].gaps.emplace_back(1, bytes("x"));
  CHECK(has(gguf_gap.refusal(), "the gap that it carries does not describe its tensors"));
}

TEST_CASE("gguf: recorded parts are written as they were, if they are parts of one model") {
  const Recording recording(true);
  const auto files = files_of(kSplit, plan_of(recording.model));
  CHECK(files.size() == 2);
  CHECK(has(files.at("m-00002-of-00002.gguf"), std::string("\1\2", 2)));
  for (const char* path :
       {"x.gguf", "m-00002-of-00003.gguf", "n-00001-of-00002.gguf", "a/m-00001-of-00002.gguf"}) {
    Recording other(true);
    other.model.source().files[0].path = path;
    CHECK(has(other.refusal(), "is not named as part "));
  }
}

TEST_CASE("what the files of a set lose when they become one is told") {
  for (const bool gguf : {false, true}) {
    Recording recording(gguf);
    const SetWriter& writer = gguf ? static_cast<const SetWriter&>(kSplit) : kSharded;
    Plan plan = plan_of(recording.model);
    CHECK(writer.draft(plan)->summary().lost.empty());
    recording.model.source().metadata.emplace();
    recording.model.source().metadata->entries.emplace_back("general.architecture", Value::string("x"));
    recording.model.source().files[0].metadata = recording.model.source().metadata;
    recording.model.source().files[1].metadata.emplace().entries.emplace_back("key", Value::string("text"));
    CHECK(writer.draft(plan)->summary().lost.empty());
    plan.options.set(write::max_shard_bytes(), 1000);
    CHECK(writer.draft(plan)->summary().lost.size() == 1);
    CHECK(has(writer.draft(plan)->summary().lost.at(0), "after the first"));
  }
}

#include <doctest/doctest.h>

#include <unistd.h>

#include <string>
#include <vector>

#include "core/error.hpp"
#include "files.hpp"
#include "model/side_files.hpp"
#include "model/side_files_beside.hpp"

using namespace aerotool;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> paths_of(const SideFiles& found) {
  std::vector<std::string> paths;
  for (const SideFile& file : found.files) paths.push_back(file.path);
  return paths;
}

std::string bytes_of_file(const SideFile& file) {
  std::string bytes;
  file.put([&](ByteSpan piece) { bytes += chars_of(piece); });
  return bytes;
}

SideFile named(std::string path, std::uint64_t size = 0) {
  return {std::move(path), size, [](const SideFile::Sink&) {}};
}

}  // namespace

TEST_CASE("side files: what is called like one") {
  for (const char* name : {"config.json", "merges.txt", "tokenizer.model", "qwen.tiktoken",
                           "chat_template.jinja", "README.md", "recipe.yaml", "modeling_x.py", "vocab.jsonl",
                           "LICENSE", "LICENSE-MIT", "NOTICE.pdf", "model_index.json", "x.index.txt"})
    CHECK_MESSAGE(is_side_file_name(name), name);
  for (const char* name :
       {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin.index.json",
        "model.safetensors.index.fp16.json", "model.aeroset.json", "LICENSE.gguf", "NOTICE.bin", "a.out",
        "config.json.gz", "license", "config.JSON", ""})
    CHECK_MESSAGE(!is_side_file_name(name), name);
}

TEST_CASE("side files: paths that are refused") {
  CHECK(side_path_problem("a/b/config.json").empty());
  CHECK(side_path_problem("LICENSE").empty());
  CHECK(side_path_problem("") == "is empty");
  CHECK(side_path_problem("/etc/x.json") == "is absolute");
  CHECK(side_path_problem("../../x.json") == "leads out of the directory");
  CHECK(side_path_problem("a/../x.json") == "leads out of the directory");
  CHECK(side_path_problem("a//x.json") == "has a part that is empty or hidden");
  CHECK(side_path_problem("a/x.json/") == "has a part that is empty or hidden");
  CHECK(side_path_problem("./x.json") == "has a part that is empty or hidden");
  CHECK(side_path_problem(".ssh/x.json") == "has a part that is empty or hidden");
  CHECK(side_path_problem("a\nb.json") == "has a control character or a backslash in it");
  CHECK(side_path_problem(std::string("a\0.json", 7)) == "has a control character or a backslash in it");
  CHECK(side_path_problem("a\\b.json") == "has a control character or a backslash in it");
  CHECK(side_path_problem("a\xff.json") == "is not UTF-8");
  CHECK(side_path_problem("a/Makefile") == "does not name a side file");
  CHECK(side_path_problem(std::string(300, 'x') + ".json") == "is too long");
  CHECK(side_path_problem(std::string(5000, 'x') + ".json") == "is too long");
}

TEST_CASE("side files: what cannot lie in one directory") {
  CHECK(side_files_problem({named("a.json"), named("b/a.json")}, {"model.safetensors"}).empty());
  CHECK(side_files_problem({named("a.json"), named("A.json")}, {}).empty());
  CHECK(side_files_problem({named("a.json"), named("a.json")}, {}) == "the side file 'a.json' is duplicated");
  CHECK(side_files_problem({named("a.json"), named("a.json/b.json")}, {}) ==
        "the side file 'a.json' is a directory of 'a.json/b.json' too");
  CHECK(side_files_problem({named("MODEL.safetensors/b.json")}, {"model.safetensors"}) ==
        "the side file 'MODEL.safetensors/b.json' would take the place of a file of the model");
  CHECK(side_files_problem({named("Below.JSON/LICENSE"), named("sub.txt")}, {"SUB.TXT/m.gguf"}) ==
        "the side file 'sub.txt' would take the place of a directory of the model");
  CHECK(side_files_problem({named("a.json", (64U << 20) + 1)}, {}) ==
        "the side file 'a.json' has 64.0 MiB; at most 64.0 MiB are carried");
  CHECK(side_files_problem(std::vector<SideFile>(4097, named("a.json")), {}) ==
        "4,097 side files; at most 4,096 are carried");
  std::vector<SideFile> large;
  for (int i = 0; i < 5; ++i) large.push_back(named(std::to_string(i) + ".json", 60U << 20));
  CHECK(side_files_problem(large, {}) == "its side files take 300.0 MiB; at most 256.0 MiB are carried");
  large.assign(2, named("a.json", UINT64_MAX));
  CHECK(total_size(large) == UINT64_MAX);
}

TEST_CASE("side files: those of a directory") {
  const test::TemporaryDirectory scratch;
  const auto put = [&](const std::string& path, std::string_view bytes) {
    fs::create_directories(fs::path(scratch.file(path)).parent_path());
    test::write_file(scratch.file(path), bytes);
  };
  put("m/model.safetensors", "weights");
  put("m/model.safetensors.index.json", "{}");
  put("m/config.json", "{\"a\": 1}");
  put("m/.hidden.json", "");
  put("m/.git/config.json", "");
  put("m/original/params.json", "");
  put("m/original/deeper/NOTICE", "n");
  put("m/out/config.json", "of another run");
  put("m/not-a-side-file", "");
  put("elsewhere/x.json", "");
  SideFiles found = side_files_beside(scratch.file("m/model.safetensors"), {}, scratch.file("m/out"));
  CHECK(paths_of(found) ==
        std::vector<std::string>{"config.json", "original/deeper/NOTICE", "original/params.json"});
  CHECK(found.left_out.empty());
  CHECK(bytes_of_file(found.files[0]) == "{\"a\": 1}");

  // What is changed after it was found is told.
  put("m/config.json", "{\"a\": 1, \"b\": 2}");
  CHECK_THROWS_AS(bytes_of_file(found.files[0]), IoError);

  fs::create_symlink(scratch.file("elsewhere"), scratch.file("m/linked"));
  put("m/bad\n.json", "");
  put("m/bad\xff.json", "");
  fs::create_symlink(scratch.file("elsewhere/x.json"), scratch.file("m/x.json"));
  std::string deep = "m";
  for (int i = 0; i < 18; ++i) deep += "/d";
  put(deep + "/x.json", "");
  fs::resize_file(scratch.file("m/out/config.json"), (64U << 20) + 1);
  found = side_files_beside(scratch.file("m/model.safetensors"), {});
  CHECK(paths_of(found) ==
        std::vector<std::string>{"config.json", "original/deeper/NOTICE", "original/params.json"});
  CHECK(found.left_out.size() == 6);
}

TEST_CASE("side files: 256 MiB together") {
  const test::TemporaryDirectory scratch;
  for (const char* name : {"a.json", "b.json", "c.json", "d.json", "e.json", "f.json"}) {
    test::write_file(scratch.file(name), "");
    fs::resize_file(scratch.file(name), name[0] == 'f' ? 1U << 20 : 60U << 20);
  }
  const SideFiles found = side_files_beside(scratch.file("m.gguf"), {});
  CHECK(paths_of(found) == std::vector<std::string>{"a.json", "b.json", "c.json", "d.json", "f.json"});
  REQUIRE(found.left_out.size() == 1);
  CHECK(found.left_out[0] == "side files that exceed 256.0 MiB with those before them: e.json");
}

TEST_CASE("side files: those that others lack or have otherwise") {
  const auto file = [](std::string path, const std::string& bytes) {
    return SideFile{std::move(path), bytes.size(),
                    [bytes](const SideFile::Sink& sink) { sink(bytes_of(bytes)); }};
  };
  const std::vector<SideFile> ours = {file("a", "1"), file("b", "2"), file("c", "3")};
  CHECK(paths_that_differ(ours, ours).empty());
  CHECK(paths_that_differ({file("a", "1"), file("b", "x"), file("d", "4")}, ours) ==
        std::vector<std::string>{"b", "d"});
}

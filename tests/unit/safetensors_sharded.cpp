// Sharded safetensors models: an index and its files in a temporary directory.
#include <doctest/doctest.h>

#include <numeric>
#include <set>

#include "formats/safetensors_sharded/parse.hpp"
#include "io/output.hpp"
#include "registry/registry.hpp"
#include "safetensors_fixture.hpp"

namespace aerotool {
const Format& safetensors_sharded_format();
const Format& aero_format();

namespace {

using namespace safetensors_test;

const std::string kUsual = "model.safetensors.index.json";

std::string entry(const std::string& name, int begin, int end) {
  return "\"" + name + R"(":{"dtype":"U8","shape":[)" + std::to_string(end - begin) +
         R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(end) + "]}";
}

/// A directory with two files: b and a (in that order) in the second, c in the first.
struct Directory : test::TemporaryDirectory {
  Directory() {
    test::write_file(file("2.safetensors"),
                     file_of("{" + entry("b", 0, 2) + "," + entry("a", 2, 3) + "}", 3));
    test::write_file(file("1.safetensors"),
                     file_of(R"({"__metadata__":{"model_name":"m"},)" + entry("c", 0, 4) + "}", 4));
    put_index(R"({"weight_map":{"a":"2.safetensors","b":"2.safetensors","c":"1.safetensors"}})");
  }
  void put_index(const std::string& text, const std::string& name = kUsual) const {
    test::write_file(file(name), text);
  }
  std::unique_ptr<Model> open(Report& report, const std::string& name = kUsual) const {
    return safetensors_sharded_format().open(io::Input::open(file(name)), report);
  }
  std::unique_ptr<Model> open(const std::string& name = kUsual) const {
    Report report;
    return open(report, name);
  }
};

std::string bytes_of_tensor(const Model& model, std::size_t index) {
  std::string bytes(model.tensors().at(index).size, '\0');
  model.read(index, 0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for (const Tensor& tensor : model.tensors()) names.push_back(tensor.name);
  return names;
}

TEST_CASE("sharded safetensors: the format") {
  const Format& format = safetensors_sharded_format();
  CHECK(format.name() == "safetensors");
  CHECK(format.standing() == Format::Standing::index);
  CHECK(format_of_extension("x.safetensors.index.json") == &format);
  CHECK(format_of_extension("x.safetensors") == &safetensors_format());
  CHECK(format.writer() == nullptr);
  const auto probe = [&](std::string_view text, std::string_view path) {
    return format.probe(bytes_of(text), text.size(), path);
  };
  CHECK(probe(" {}", "d/model.safetensors.index.json") == 95);
  CHECK(probe("{}", "model.json") == 0);
  CHECK(probe("", "model.safetensors.index.json") == 0);
  CHECK(probe(R"({"weight_map":{"a":"1.safetensors"}})", "x.json") == 60);
  CHECK(probe(R"({"weight_map":{"a":"1.bin"}})", "x.json") == 0);
  CHECK(probe(file_of("{}"), "model.safetensors.index.json") == 0);
}

TEST_CASE("sharded safetensors: tensors stand file by file, as they lie there") {
  const Directory directory;
  const auto model = directory.open();
  CHECK(names_of(*model) == std::vector<std::string>{"c", "b", "a"});
  CHECK(model->tensors()[0].shard == 0);
  CHECK(model->tensors()[2].shard == 1);
  CHECK(model->path() == directory.file(kUsual));
  CHECK(model->path_of(0) == directory.file("1.safetensors"));
  CHECK(model->path_of(2) == directory.file("2.safetensors"));
  CHECK(bytes_of_tensor(*model, 0) == std::string("\0\1\2\3", 4));
  CHECK(bytes_of_tensor(*model, 2) == "\2");
}

TEST_CASE("sharded safetensors: the overview counts every file, the index too") {
  const Directory directory;
  const Overview overview = directory.open()->overview();
  CHECK(overview.format == "safetensors");
  CHECK(overview.model_name == "m");
  CHECK(overview.architecture.empty());
  std::uint64_t size = 0;
  for (const char* name : {kUsual.c_str(), "1.safetensors", "2.safetensors"})
    size += std::filesystem::file_size(directory.file(name));
  CHECK(overview.file_size == size);
  REQUIRE(overview.shards.size() == 2);
  CHECK(overview.shards[0].name == "1.safetensors");
  CHECK(overview.shards[1].name == "2.safetensors");
  CHECK(overview.shards[1].path == directory.file("2.safetensors"));
  CHECK(overview.shards[1].tensor_count == 2);
}

TEST_CASE("sharded safetensors: the source tells how the tensors lie in the files") {
  const Directory directory;
  const Source source = directory.open()->source();
  CHECK(source.format == "safetensors");
  CHECK_FALSE(source.typed_metadata);
  CHECK_FALSE(source.order);
  CHECK_FALSE(source.head);
  CHECK(source.metadata->text("model_name") == "m");
  REQUIRE(source.files.size() == 2);
  CHECK(source.files[0].path == "1.safetensors");
  CHECK(source.files[0].metadata->text("model_name") == "m");
  CHECK(source.files[0].order == std::vector<std::uint64_t>{0});
  CHECK(source.files[0].head);  // not padded to a multiple of 8
  CHECK(source.files[1].path == "2.safetensors");
  CHECK_FALSE(source.files[1].metadata);
  CHECK(source.files[1].order == std::vector<std::uint64_t>{1, 2});
  REQUIRE(source.index);
  CHECK(source.index->text() == test::read_file(directory.file(kUsual)));
  CHECK(source.index_path.empty());
}

TEST_CASE("sharded safetensors: an index with a name of its own is carried with it") {
  const Directory directory;
  const std::string name = "model.fp16.safetensors.index.json";
  directory.put_index(R"({"weight_map":{"c":"1.safetensors"}})", name);
  CHECK(directory.open(name)->source().index_path == name);
}

TEST_CASE("sharded safetensors: what the reference library wrote has no head of its own") {
  Report report;
  const auto model = open_model(test::data_path("sharded"), {}, report);
  CHECK(report.findings().empty());
  const Source source = model->source();
  REQUIRE(source.files.size() == 3);
  for (const SourceFile& file : source.files) {
    CHECK_FALSE(file.head);
    CHECK(file.gaps.empty());
    CHECK(file.order.size() == 12);
    CHECK(file.metadata->text("format") == "pt");
  }
}

TEST_CASE("sharded safetensors: a conversion to AERO carries the files") {
  const test::TemporaryDirectory directory;
  Report report;
  const auto model = open_model(test::data_path("sharded"), {}, report);
  Plan plan;
  plan.models = {model.get()};
  for (std::size_t i = 0; i < model->tensors().size(); ++i) plan.tensors.push_back({model.get(), i});
  std::sort(plan.tensors.begin(), plan.tensors.end(),
            [](const PlannedTensor& a, const PlannedTensor& b) { return a.tensor().name < b.tensor().name; });
  io::Output output = io::Output::to_path(directory.file("m.aero"));
  aero_format().writer()->draft(plan)->write(output, nullptr);
  output.commit();

  const auto copy = open_model(directory.file("m.aero"), {}, report);
  CHECK(copy->overview().model_name.empty());
  CHECK(copy->overview().architecture == "unknown");
  const Source before = model->source();
  const Source after = copy->source();
  CHECK(after.format == "safetensors");
  CHECK(after.index->text() == before.index->text());
  REQUIRE(after.files.size() == before.files.size());
  std::set<std::uint64_t> named;
  for (std::size_t i = 0; i < after.files.size(); ++i) {
    CHECK(after.files[i].path == before.files[i].path);
    REQUIRE(after.files[i].order.size() == before.files[i].order.size());
    for (std::size_t k = 0; k < after.files[i].order.size(); ++k) {
      const std::uint64_t there = after.files[i].order[k];
      CHECK(named.insert(there).second);
      CHECK(copy->tensors()[there].name == model->tensors()[before.files[i].order[k]].name);
    }
  }
  CHECK(named.size() == copy->tensors().size());
}

TEST_CASE("sharded safetensors: a file that changed is noticed, and so is the index") {
  for (const char* name : {kUsual.c_str(), "2.safetensors"}) {
    const Directory directory;
    const auto model = directory.open();
    model->require_unchanged();
    std::ofstream(directory.file(name), std::ios::app) << " ";
    CHECK_THROWS_AS(model->require_unchanged(), IoError);
  }
}

TEST_CASE("sharded safetensors: a judge goes on without what cannot be read") {
  const Directory directory;
  directory.put_index(
      R"({"weight_map":{"a":"2.safetensors","b":"2.safetensors","c":"1.safetensors","d":"3.safetensors"}})");
  CHECK_THROWS_AS(directory.open(), CorruptError);
  Report report(Report::Mode::judge);
  const auto model = directory.open(report);
  CHECK(report.fault_count() == 1);
  CHECK(model->tensors().size() == 3);
  CHECK(model->check({.level = CheckLevel::full}, report));
  CHECK_FALSE(model->check({.level = CheckLevel::control}, report));
  CHECK(report.fault_count() == 1);
}

TEST_CASE("sharded safetensors: of a name in two files the index says which is meant") {
  const Directory directory;
  test::write_file(directory.file("3.safetensors"),
                   file_of("{" + entry("a", 0, 5) + "," + entry("d", 5, 6) + "}", 6));
  directory.put_index(
      R"({"weight_map":{"a":"3.safetensors","b":"2.safetensors","c":"1.safetensors","d":"3.safetensors"}})");
  for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
    Report report(mode);
    const auto model = directory.open(report);
    REQUIRE(report.findings().size() == 1);
    CHECK(report.findings().front().code == Code::duplicate);
    CHECK(report.fault_count() == (report.judging() ? 1 : 0));
    CHECK(report.findings().front().message.starts_with("is in both " + directory.file("3.safetensors") +
                                                        " and " + directory.file("2.safetensors")));
    CHECK(names_of(*model) == std::vector<std::string>{"c", "b", "a", "d"});
    CHECK(bytes_of_tensor(*model, 2).size() == 5);
    CHECK(bytes_of_tensor(*model, 3) == "\5");
    CHECK_THROWS_AS(model->require_copyable([](std::size_t tensor) { return tensor == 2; }), CorruptError);
    model->require_copyable([](std::size_t tensor) { return tensor != 2; });
  }
}

TEST_CASE("sharded safetensors: every truncation and bit flip of an index ends in an error or a model") {
  const Directory directory;
  const std::string whole =
      R"({"metadata":{"total_size":7.0},"weight_map":{"a":"2.safetensors","b":"2.safetensors","c":"1.safetensors"}})";
  const auto attempt = [&](const std::string& text) {
    directory.put_index(text);
    for (const auto mode : {Report::Mode::use, Report::Mode::judge}) {
      Report report(mode);
      try {
        const auto model = directory.open(report);
        static_cast<void>(model->source());
        static_cast<void>(model->overview());
      } catch (const CorruptError& error) {
        CHECK(error.where().path.starts_with(directory.path()));
      }
    }
  };
  for (std::size_t length = 0; length <= whole.size(); ++length) attempt(whole.substr(0, length));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string text = whole;
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ static_cast<char>(1U << (bit % 8)));
    attempt(text);
  }
}

TEST_CASE("sharded safetensors: 20,000 tensors in 500 files") {
  constexpr int kFiles = 500;
  constexpr int kTensors = 40;
  const test::TemporaryDirectory directory;
  std::string map;
  for (int i = 0; i < kFiles; ++i) {
    const std::string name = "part-" + std::to_string(i) + ".safetensors";
    std::string header;
    for (int k = 0; k < kTensors; ++k) {
      const std::string tensor = "t" + std::to_string(i) + "." + std::to_string(k);
      header += (k == 0 ? "" : ",") + entry(tensor, k, k + 1);
      map += (map.empty() ? "\"" : ",\"") + tensor + "\":\"" + name + "\"";
    }
    test::write_file(directory.file(name), file_of("{" + header + "}", kTensors));
  }
  test::write_file(directory.file(kUsual), R"({"metadata":{"total_size":20000},"weight_map":{)" + map + "}}");
  Report report(Report::Mode::judge);
  const auto model = open_model(directory.path(), {}, report);
  CHECK(report.findings().empty());
  CHECK(model->tensors().size() == kFiles * kTensors);
  CHECK(model->source().files.size() == kFiles);
}

TEST_CASE("sharded safetensors: the index keeps names apart and files in order") {
  Report report;
  const auto index = safetensors_sharded::read_index(
      "i", R"({"weight_map":{"b":"z","":"y","ab":"z"},"metadata":{"total_size":12e2}})", report);
  REQUIRE(index.size() == 3);
  CHECK(index.files() == std::vector<std::string>{"y", "z"});
  CHECK(index.tensor(0) == "b");
  CHECK(index.tensor(1).empty());
  CHECK(index.tensor(2) == "ab");
  CHECK(index.file(0) == 1);
  CHECK(index.file(1) == 0);
  CHECK(index.by_name() == std::vector<std::uint32_t>{1, 2, 0});
  CHECK(index.total_size() == 1200);
}

TEST_CASE("sharded safetensors: an index names so many files and no more") {
  std::string text = R"({"weight_map":{)";
  for (std::size_t i = 0; i <= safetensors_sharded::kMaxFiles; ++i) {
    const std::string number = std::to_string(i);
    text.append(i == 0 ? "\"" : ",\"").append(number).append("\":\"").append(number).append("\"");
  }
  Report report;
  CHECK_THROWS_WITH_AS(safetensors_sharded::read_index("i", text + "}}", report),
                       doctest::Contains("names more than 99999 files"), CorruptError);
}

}  // namespace
}  // namespace aerotool

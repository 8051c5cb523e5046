// Every NumPy file of tests/data/npz: what is in it, what is wrong with it.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "hash/sha256.hpp"
#include "transfer/format.hpp"

namespace aerotool {
const Format& npy_format();
const Format& npz_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

std::unique_ptr<Model> open_array(const std::string& path, Report& report) {
  const Format& format = path.ends_with(".npz") ? npz_format() : npy_format();
  return format.open(io::Input::open(path), report);
}

template <typename Check>
void for_each_file(std::string_view kind, Check&& check) {
  Value all;
  REQUIRE_FALSE(read_json(data_bytes("npz/expected.json"), ValueBuilder::kMaxMemory, all));
  for (const auto& [file, expected] : all.find(kind)->map()) {
    const std::string name(file.text());
    CAPTURE(name);
    check(name, expected);
  }
}

std::string sha256_of(const Model& model, std::size_t tensor, std::size_t step) {
  std::vector<std::byte> bytes(model.tensors()[tensor].size);
  for (std::size_t at = 0; at < bytes.size(); at += step)
    model.read(tensor, at, std::span(bytes).subspan(at, std::min(step, bytes.size() - at)));
  hash::Sha256 sha256;
  sha256.add(bytes);
  return to_hex(sha256.finish());
}

bool has_faults(const std::string& path) {
  Report report(Report::Mode::judge);
  try {
    const auto model = open_array(path, report);
    model->check({.level = CheckLevel::full, .values = true}, report);
  } catch (const ContentError&) {
    return true;
  }
  return report.fault_count() != 0;
}

}  // namespace

TEST_CASE("npz vectors: arrays are what they should be") {
  std::size_t count = 0;
  for_each_file("good", [&](const std::string& name, const Value& expected) {
    Report report;
    const auto model = open_array(data_path("npz/" + name), report);
    const MapItems& arrays = expected.find("arrays")->map();
    REQUIRE(model->tensors().size() == arrays.size());
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      const Tensor& tensor = model->tensors()[i];
      const Value& array = arrays[i].second;
      CAPTURE(tensor.name);
      CHECK(tensor.name == arrays[i].first.text());
      // NumPy has one name for what is no number: what is in it, nobody can tell.
      const std::string_view dtype = array.find("dtype")->text();
      const bool is_opaque = array.find("descr")->text().ends_with("V1");
      CHECK(tensor.dtype.name() == (is_opaque ? "V1" : dtype));
      CHECK(sha256_of(*model, i, 1 << 20) == array.find("sha256")->text());
      CHECK(sha256_of(*model, i, 3) == array.find("sha256")->text());
      ++count;
    }
    CHECK(!has_faults(data_path("npz/" + name)));
  });
  CHECK(count > 60);
}

TEST_CASE("npz vectors: what is wrong is told") {
  for_each_file(
      "bad", [&](const std::string& name, const Value&) { CHECK(has_faults(data_path("npz/bad/" + name))); });
}

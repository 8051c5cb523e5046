// Every NumPy file of tests/data/npz: what is in it, what is wrong with it.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "core/text.hpp"
#include "files.hpp"
#include "transfer/format.hpp"
#include "vectors_fixture.hpp"

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

bool is_bad_array(const std::string& path) {
  return has_faults([&](Report& report) { return open_array(path, report); });
}

}  // namespace

TEST_CASE("npz vectors: arrays are what they should be") {
  std::size_t count = 0;
  for_each_vector("npz/expected.json", "good", [&](const std::string& name, const Value& expected) {
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
    CHECK(!is_bad_array(data_path("npz/" + name)));
  });
  CHECK(count > 60);
}

TEST_CASE("npz vectors: what is wrong is told") {
  for_each_vector("npz/expected.json", "bad", [&](const std::string& name, const Value&) {
    CHECK(is_bad_array(data_path("npz/bad/" + name)));
  });
}

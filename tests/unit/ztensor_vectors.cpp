// Every zTensor file of tests/data, which releases of the library and an independent script wrote.
#include <doctest/doctest.h>

#include <string>

#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/value_builder.hpp"
#include "files.hpp"
#include "plan_fixture.hpp"
#include "transfer/format.hpp"
#include "vectors_fixture.hpp"

namespace aerotool {
const Format& aero_format();
const Format& ztensor_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

std::unique_ptr<Model> open_zt(const std::string& path) {
  Report report;
  return ztensor_format().open(io::Input::open(path), report);
}

/// Calls `check` with the name and the expected content of every file that is not compressed as a whole.
template <typename Check>
void for_each_file(Check&& check) {
  Value all;
  REQUIRE_FALSE(read_json(data_bytes("zt/expected.json"), ValueBuilder::kMaxMemory, all));
  for (const auto& [file, expected] : all.map()) {
    const std::string name(file.text());
    if (name.ends_with(".gz")) continue;
    CAPTURE(name);
    check(name, expected);
  }
}

/// The tensor that holds a part of an object.
std::optional<std::size_t> tensor_of(const Model& model, std::string_view object, std::string_view role) {
  for (const Object& known : model.objects()) {
    if (known.name == object) return part_of(known, role);
  }
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (model.tensors()[i].name == object) return i;
  }
  return std::nullopt;
}

void check_bytes(const Model& model, const Value& expected) {
  std::size_t parts = 0;
  const Value* tensors = expected.find("tensors");
  REQUIRE(tensors != nullptr);
  for (const auto& [name, object] : tensors->map()) {
    const std::string object_name(name.text());
    CAPTURE(object_name);
    for (const auto& [role, part] : object.find("parts")->map()) {
      const std::string part_role(role.text());
      CAPTURE(part_role);
      const auto tensor = tensor_of(model, name.text(), role.text());
      REQUIRE(tensor);
      CHECK(sha256_of(model, *tensor) == part.find("sha256")->text());
      ++parts;
    }
  }
  CHECK(parts == model.tensors().size());
}

bool is_sound(const Model& model) {
  Report report(Report::Mode::judge);
  model.check({.level = CheckLevel::full}, report);
  for (const Finding& finding : report.findings()) MESSAGE(finding.message);
  return report.fault_count() == 0;
}

}  // namespace

TEST_CASE("ztensor vectors: every part has the bytes that it should have") {
  for_each_file([&](const std::string& name, const Value& expected) {
    const auto model = open_zt(data_path("zt/" + name));
    check_bytes(*model, expected);
    CHECK(is_sound(*model));
  });
}

TEST_CASE("ztensor vectors: every file comes back byte for byte by way of AERO") {
  const TemporaryDirectory directory;
  for_each_file([&](const std::string& name, const Value& expected) {
    // Those of several files, and the index without which one of them says nothing
    // (src/formats/ztensor/FORMAT.md, "What AERO records").
    if (name.ends_with("/model.zt") || name.ends_with("model-00001-of-00002.zt")) return;
    const std::string path = data_path("zt/" + name);
    const auto model = open_zt(path);
    const std::string aero = directory.file("m.aero");
    write_file(aero, written(*aero_format().writer(), plan_of(*model)));
    Report report;
    const auto carried = aero_format().open(io::Input::open(aero), report);
    check_bytes(*carried, expected);
    CHECK(written(*ztensor_format().writer(), plan_of(*carried)) == read_file(path));
  });
}

TEST_CASE("ztensor vectors: what is written anew says the same") {
  const TemporaryDirectory directory;
  for_each_file([&](const std::string& name, const Value& expected) {
    const auto model = open_zt(data_path("zt/" + name));
    const std::string path = directory.file("m.zt");
    // Not every name of the older versions is one of version 2.
    if (name.find("v12-dense") != std::string::npos) {
      CHECK(refusal(*ztensor_format().writer(), plan_of(*model)).find("a tensor's name is empty") !=
            std::string::npos);
      return;
    }
    write_file(path, written(*ztensor_format().writer(), plan_of(*model)));
    const auto again = open_zt(path);
    CHECK(again->overview().version == "2");
    check_bytes(*again, expected);
    CHECK(is_sound(*again));
    CHECK(again->metadata().entries.size() == model->metadata().entries.size());
    REQUIRE(again->objects().size() == model->objects().size());
  });
}

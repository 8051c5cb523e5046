// What convert and pack-set do, without a command line.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "files.hpp"
#include "tasks/convert/convert.hpp"
#include "tasks/request_error.hpp"

using namespace aerotool;

namespace {

tasks::ConvertRequest request(const std::string& input, const std::string& output,
                              const std::string& to = {}) {
  tasks::ConvertRequest request;
  request.inputs = {input};
  request.target = tasks::target_of(output, to, {});
  return request;
}

/// What a listener is warned of.
struct Heard {
  std::vector<std::string> warnings;
  tasks::Listener listener;
  Heard() {
    listener.warn = [this](const std::string& line) { warnings.push_back(line); };
  }
};

}  // namespace

TEST_CASE("convert: safetensors comes back byte for byte") {
  const test::TemporaryDirectory directory;
  const std::string aero = directory.file("m.aero");
  const std::string back = directory.file("m.safetensors");
  const tasks::Converted done =
      tasks::Conversion(request(test::data_path("mixed.safetensors"), aero), {}).write();
  CHECK(done.bytes != 0);
  CHECK(done.files.written.empty());
  tasks::Conversion again(request(aero, back), {});
  CHECK(test::names_in(directory.path()) == std::vector<std::string>{"m.aero"});
  again.write();
  CHECK(test::read_file(back) == test::data_bytes("mixed.safetensors"));
}

TEST_CASE("convert: tensors are selected, and a pattern in vain is refused or warned of") {
  const test::TemporaryDirectory directory;
  tasks::ConvertRequest some = request(test::data_path("wide-dtypes.safetensors"), directory.file("m.aero"));
  some.include = {"u*"};
  some.exclude = {"nothing*"};
  Heard heard;
  const tasks::Conversion conversion(some, heard.listener);
  CHECK(conversion.plan().tensors.size() == 2);
  CHECK(conversion.plan().edits.selected);
  REQUIRE(heard.warnings.size() == 1);
  CHECK(heard.warnings.front().starts_with("--exclude: "));
  some.include = {"nothing*"};
  CHECK_THROWS_AS(tasks::Conversion(some, {}), tasks::RequestError);
}

TEST_CASE("convert: a directory with another model is written over by force alone") {
  const test::TemporaryDirectory directory;
  const std::string set = directory.file("set");
  const auto pack = [&](const std::string& input, bool force) {
    tasks::ConvertRequest packed = request(test::data_path(input), set, "aeroset");
    packed.force = force;
    return tasks::Conversion(packed, {}).write();
  };
  CHECK_FALSE(pack("mixed.safetensors", false).files.written.empty());
  const std::string index = test::read_file(set + "/model.aeroset.json");
  CHECK_THROWS_AS(pack("odd-sizes.safetensors", false), tasks::RequestError);
  CHECK(test::read_file(set + "/model.aeroset.json") == index);
  CHECK_FALSE(pack("mixed.safetensors", false).files.kept.empty());
  pack("odd-sizes.safetensors", true);
  CHECK(test::read_file(set + "/model.aeroset.json") != index);
}

TEST_CASE("convert: one of several inputs is no output") {
  const test::TemporaryDirectory directory;
  const std::string input = directory.file("a.safetensors");
  test::write_file(input, test::data_bytes("mixed.safetensors"));
  tasks::ConvertRequest both = request(test::data_path("wide-dtypes.safetensors"), input);
  both.inputs.push_back(input);
  CHECK_THROWS_AS(tasks::Conversion(both, {}).write(), tasks::RequestError);
  CHECK(test::read_file(input) == test::data_bytes("mixed.safetensors"));
}

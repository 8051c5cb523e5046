// Which files are held to hashes of the whole where a part of a set is written.
#include "transfer/read_files.hpp"

#include <doctest/doctest.h>

#include <set>

#include "core/error.hpp"
#include "files.hpp"
#include "plan_fixture.hpp"
#include "registry/registry.hpp"
#include "transfer/weight_pass.hpp"

using namespace aerotool;

namespace {

/// Two tensors that lie in two files, which a third one describes.
class ModelOfFiles final : public test::MadeUpModel {
 public:
  explicit ModelOfFiles(bool tells) : tells_(tells) {
    add("a", DTypeCode::u8, {1}).add("b", DTypeCode::u8, {1});
    for (int i = 0; i < 3; ++i) inputs_.push_back(io::Input::open(file_.path()));
  }
  ModelFile file_of(std::size_t tensor) const override {
    return {tells_ ? inputs_[tensor].get() : nullptr, {}};
  }
  /// Those that are chosen, by their numbers.
  std::set<std::size_t> chosen(const FileChoice& choice) const {
    std::set<std::size_t> numbers;
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (is_chosen(choice, *inputs_[i])) numbers.insert(i);
    }
    return numbers;
  }

 private:
  test::TemporaryFile file_{"bytes"};
  bool tells_;
  std::vector<std::shared_ptr<io::Input>> inputs_;
};

/// Tensors of a model that lie in a file whose name ends so, in one run.
TensorLayout layout_of(const Model& model, const std::string& ending) {
  TensorLayout layout;
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    if (!model.path_of(i).ends_with(ending)) continue;
    layout.tensors.push_back({&model, i});
    layout.offsets.push_back(end);
    end += model.tensors()[i].size;
  }
  REQUIRE_FALSE(layout.tensors.empty());
  layout.shards.push_back({0, layout.tensors.size(), end, {}});
  return layout;
}

}  // namespace

TEST_CASE("read files: what tensors lie in that are read, and what describes them") {
  const ModelOfFiles model(true);
  const ModelOfFiles other(true);
  TensorLayout layout;
  layout.tensors.push_back({&model, 1});
  const FileChoice read = files_read({&model, &other}, layout);
  CHECK(model.chosen(read) == std::set<std::size_t>{1, 2});
  CHECK(other.chosen(read) == std::set<std::size_t>{2});
  CHECK(model.chosen({}) == std::set<std::size_t>{0, 1, 2});
}

TEST_CASE("read files: all, where a model does not tell which") {
  const ModelOfFiles model(false);
  TensorLayout layout;
  layout.tensors.push_back({&model, 1});
  CHECK(model.chosen(files_read({&model}, layout)) == std::set<std::size_t>{0, 1, 2});
}

TEST_CASE("read files: a pass over a part of a set needs no more of it than that") {
  const test::TemporaryDirectory directory;
  test::copy_data("sharded.ref.aeroset", directory);
  const std::string broken = directory.file("part-001.aero");
  test::put_byte(broken, std::filesystem::file_size(broken) - 1, '\x55');
  Report report;
  const auto model = open_model(directory.path(), {}, report);
  const TensorLayout sound = layout_of(*model, "part-000.aero");
  const TensorLayout corrupt = layout_of(*model, "part-001.aero");

  WeightPass alone({model.get()}, sound, {}, 1, HeldFiles::read_alone);
  WeightPass all({model.get()}, sound, {}, 1);
  CHECK(alone.computes());
  CHECK(alone.bytes() < all.bytes());
  CHECK_NOTHROW(alone.run(nullptr));
  CHECK_THROWS_WITH_AS(all.run(nullptr), doctest::Contains("part-001.aero"), CorruptError);
  WeightPass of_corrupt({model.get()}, corrupt, {}, 1, HeldFiles::read_alone);
  CHECK_THROWS_WITH_AS(of_corrupt.run(nullptr), doctest::Contains("part-001.aero"), CorruptError);
}

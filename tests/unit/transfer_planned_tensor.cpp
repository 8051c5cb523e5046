// Tensors that no model stores as they are written: other names, other dtypes, computed bytes.
#include "transfer/planned_tensor.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <memory>
#include <mutex>
#include <thread>

#include "formats/aero/write/writer.hpp"
#include "formats/gguf/writer.hpp"
#include "formats/safetensors/writer.hpp"
#include "formats/torch/writer.hpp"
#include "hash/blake3.hpp"
#include "plan_fixture.hpp"
#include "transfer/carried.hpp"
#include "transfer/format.hpp"

namespace aerotool {
const Format& aero_format();
const Format& gguf_format();
const Format& safetensors_format();
const Format& torch_format();
}  // namespace aerotool

using namespace aerotool;
using namespace aerotool::test;

namespace {

constexpr std::uint64_t kElements = 300'000;  // of more than one block of the pipeline

/// Each byte of a tensor as a 16-bit number that is its double.
class Doubled final : public ByteSource {
 public:
  explicit Doubled(StoredTensor input, bool in_order = false) : input_(input), in_order_(in_order) {}

  std::uint64_t size() const override { return 2 * input_.tensor().size; }
  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    note(offset, offset + out.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
      std::byte byte{};
      input_.model->read(input_.index, (offset + i) / 2, std::span(&byte, 1));
      const unsigned number = 2 * std::to_integer<unsigned>(byte);
      out[i] = static_cast<std::byte>((offset + i) % 2 == 0 ? number & 0xff : number >> 8);
    }
  }
  const std::string& path() const override { return input_.model->path(); }
  bool in_order() const override { return in_order_; }
  std::vector<StoredTensor> inputs() const override { return {input_}; }

  /// By how much the reads have gone back at most.
  std::uint64_t went_back() const { return went_back_; }

 private:
  void note(std::uint64_t begin, std::uint64_t end) const {
    const std::lock_guard lock(mutex_);
    if (begin < reached_) went_back_ = std::max(went_back_, reached_ - begin);
    reached_ = end;
  }

  StoredTensor input_;
  bool in_order_;
  mutable std::mutex mutex_;
  mutable std::uint64_t reached_ = 0;
  mutable std::uint64_t went_back_ = 0;
};

std::string bytes_of(const Model& model, std::size_t tensor) {
  std::string bytes(model.tensors()[tensor].size, '\0');
  model.read(tensor, 0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

Digest digest_of(const std::string& bytes) {
  return hash::blake3(aerotool::bytes_of(bytes));
}

Tensor description(std::string name, DType dtype, Shape shape) {
  Tensor tensor;
  tensor.name = std::move(name);
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  return tensor;
}

/// A model of two tensors, and a plan that writes the first one's doubles, and the second under another name.
struct Computing {
  Computing() {
    model.add("first", DTypeCode::i8, {kElements}).add("second", DTypeCode::i8, {77});
    for (std::size_t i = 0; i < 2; ++i) model.tensors()[i].digest = digest_of(bytes_of(model, i));
    bytes = std::make_shared<Doubled>(StoredTensor{&model, 0});
    plan.models = {&model};
    plan.edits.architecture = "x";
    plan.options.set(write::tensor_hash(), {});
    plan.jobs = 3;
    plan.tensors.push_back(
        computed(description("doubles", DTypeCode::i16, {2, kElements / 2}), bytes, {&model, 0}));
    plan.tensors.push_back(described_as({&model, 1}, description("other name", DTypeCode::i8, {7, 11})));
    doubles.resize(bytes->size());
    bytes->read(0, std::as_writable_bytes(std::span(doubles)));
  }

  MadeUpModel model;
  Plan plan;
  std::shared_ptr<Doubled> bytes;
  std::string doubles;
};

struct Target {
  const Writer& writer;
  const Format& format;
};

const aero::AeroWriter kAero;
const gguf::GgufWriter kGguf;
const safetensors::SafetensorsWriter kSafetensors;
const torch::TorchWriter kTorch;

std::vector<Target> targets() {
  return {{kAero, aero_format()},
          {kGguf, gguf_format()},
          {kSafetensors, safetensors_format()},
          {kTorch, torch_format()}};
}

/// What a writer puts into a pipe, which takes nothing back.
std::string streamed(const Writer& writer, const Plan& plan) {
  const TemporaryDirectory directory;
  const std::string pipe = directory.file("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::string bytes;
  std::thread reader([&] { bytes = read_file(pipe); });
  std::exception_ptr failure;
  try {
    io::Output output = io::Output::to_path(pipe);
    writer.draft(plan)->write(output, nullptr);
    output.commit();
  } catch (...) {
    failure = std::current_exception();
  }
  reader.join();
  if (failure) std::rethrow_exception(failure);
  return bytes;
}

void require_right(const Format& format, const std::string& file, const Computing& computing) {
  const TemporaryFile written(file);
  Report report;
  const auto model = format.open(io::Input::open(written.path()), report);
  REQUIRE(model->tensors().size() == 2);
  std::size_t doubles = model->tensors()[0].name == "doubles" ? 0 : 1;
  const Tensor& first = model->tensors()[doubles];
  const Tensor& second = model->tensors()[1 - doubles];
  CHECK(first.name == "doubles");
  CHECK(first.dtype == DType(DTypeCode::i16));
  CHECK(first.shape == Shape{2, kElements / 2});
  CHECK(bytes_of(*model, doubles) == computing.doubles);
  CHECK(second.name == "other name");
  CHECK(second.shape == Shape{7, 11});
  CHECK(bytes_of(*model, 1 - doubles) == bytes_of(computing.model, 1));
  if (first.digest) CHECK(*first.digest == digest_of(computing.doubles));
  CHECK(first.digest.has_value() == (&format == &aero_format()));
  CHECK(model->check({.level = CheckLevel::full}, report));
}

}  // namespace

TEST_CASE("planned tensors: computed and renamed ones come back from every kind of file") {
  const Computing computing;
  for (const Target& target : targets()) {
    CAPTURE(target.format.name());
    const std::string file = written(target.writer, computing.plan);
    require_right(target.format, file, computing);
    CHECK(streamed(target.writer, computing.plan) == file);
  }
}

TEST_CASE("planned tensors: what others are computed from is held to its hash") {
  for (const std::size_t corrupt : {std::size_t{0}, std::size_t{1}}) {
    Computing computing;
    (*computing.model.tensors()[corrupt].digest)[5] ^= std::byte{1};
    const std::string message = "made-up.aero: the bytes of a tensor are corrupt (BLAKE3 is not hash_b3): ";
    const std::string name = corrupt == 0 ? "'first'" : "'second'";
    for (const Target& target : targets()) {
      CAPTURE(target.format.name());
      for (const bool stream : {false, true}) {
        std::string found;
        try {
          static_cast<void>(stream ? streamed(target.writer, computing.plan)
                                   : written(target.writer, computing.plan));
        } catch (const CorruptError& error) {
          found = error.what();
        }
        CHECK(found.starts_with(message));
        CHECK(found.find(name) != std::string::npos);
      }
    }
  }
}

TEST_CASE("planned tensors: a source that wants to be read in order is") {
  const Computing computing;
  const auto source = std::make_shared<Doubled>(StoredTensor{&computing.model, 0}, true);
  Plan plan = computing.plan;
  plan.tensors[0] = computed(plan.tensors[0].tensor(), source, {&computing.model, 0});
  static_cast<void>(written(kAero, plan));
  CHECK(source->went_back() < 2048);
}

TEST_CASE("planned tensors: a description of another size is refused") {
  MadeUpModel model;
  model.add("a", DTypeCode::i8, {3});
  CHECK_THROWS_WITH_AS(described_as({&model, 0}, description("b", DTypeCode::i16, {3})),
                       "made-up.aero: tensor 'b': I16 [3] has a size of 6 bytes, not 3", CorruptError);
  const auto source = std::make_shared<Doubled>(StoredTensor{&model, 0});
  CHECK_THROWS_WITH_AS(computed(description("b", DTypeCode::f32, {3}), source),
                       "made-up.aero: tensor 'b': F32 [3] has a size of 12 bytes, not 6", CorruptError);
}

TEST_CASE("planned tensors: of a source's layout is kept what still holds") {
  MadeUpModel model;
  model.add("a", DTypeCode::i8, {3}).add("b", DTypeCode::i8, {4});
  Plan plan = plan_of(model);
  CHECK(kept(plan).all());

  const auto only_order_and_files = [](const Kept& kept) {
    return kept.order && kept.files && !kept.index && !kept.head && !kept.gaps;
  };
  plan.tensors[0] = described_as({&model, 0}, description("c", DTypeCode::i8, {3}));
  const Kept with_names = kept(plan);
  CHECK(with_names.layout());
  CHECK((!with_names.index && !with_names.head && !with_names.all()));
  plan.tensors[0] = described_as({&model, 0}, description("a", DTypeCode::u8, {3}));
  CHECK(only_order_and_files(kept(plan)));
  plan.tensors[0] = computed(description("a", DTypeCode::i16, {3}),
                             std::make_shared<Doubled>(StoredTensor{&model, 0}), {&model, 0});
  CHECK(only_order_and_files(kept(plan)));
  plan.tensors[0] =
      computed(description("a", DTypeCode::i16, {3}), std::make_shared<Doubled>(StoredTensor{&model, 0}));
  CHECK(!kept(plan).order);
  // The second one's bytes twice, and the first one's not.
  plan.tensors[0] = described_as({&model, 1}, description("a", DTypeCode::i8, {4}));
  CHECK(!kept(plan).order);

  const auto nothing_with = [&](const auto& change) {
    Plan changed = plan_of(model);
    change(changed);
    const Kept kept = aerotool::kept(changed);
    return !kept.order && !kept.files && !kept.head && !kept.gaps;
  };
  CHECK(nothing_with([](Plan& changed) { changed.tensors.pop_back(); }));
  CHECK(nothing_with([](Plan& changed) { changed.edits.selected = true; }));
  CHECK(nothing_with([](Plan& changed) { changed.options.set(write::align(), 16); }));
  CHECK(nothing_with([](Plan& changed) { changed.models.push_back(changed.models.front()); }));

  const auto all_but_the_head_with = [&](const auto& change) {
    Plan changed = plan_of(model);
    change(changed.edits);
    const Kept kept = aerotool::kept(changed);
    return kept.layout() && kept.index && !kept.head;
  };
  CHECK(all_but_the_head_with([](Edits& edits) { edits.name = "x"; }));
  CHECK(all_but_the_head_with([](Edits& edits) { edits.architecture = "x"; }));
  CHECK(all_but_the_head_with([](Edits& edits) { edits.metadata.unset.insert("key"); }));
  Plan aligned = plan_of(model);
  aligned.edits.metadata.set.emplace_back("general.alignment", Value::of(ValueType::u32, 64));
  CHECK((kept(aligned).order && !kept(aligned).files && !kept(aligned).head && !kept(aligned).gaps));
}

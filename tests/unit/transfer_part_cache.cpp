// Parts of tensors that are kept for those who ask next.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

#include "plan_fixture.hpp"
#include "quantized_fixture.hpp"
#include "transfer/transforms/quantized/part_cache.hpp"

using aerotool::quantized::PartCache;

namespace {

PartCache::Bytes of(std::size_t size, int value) {
  return PartCache::Bytes(size, static_cast<std::byte>(value));
}

/// Zeros, and how many of them were read.
class CountedModel final : public aerotool::test::MadeUpModel {
 public:
  void read(std::size_t /*tensor*/, std::uint64_t /*offset*/, std::span<std::byte> out) const override {
    std::ranges::fill(out, std::byte{0});
    bytes_ += out.size();
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  mutable std::uint64_t bytes_ = 0;
};

}  // namespace

TEST_CASE("part cache: models that share it do not take each other's parts") {
  PartCache cache;
  const std::array<aerotool::test::MadeUpModel, 2> models{};
  CHECK(*cache.get({1, 2, &models[0]}, [] { return of(8, 3); }) == of(8, 3));
  CHECK(*cache.get({1, 2, &models[1]}, [] { return of(8, 4); }) == of(8, 4));
  CHECK(*cache.get({1, 2, &models[0]}, [] { return of(8, 5); }) == of(8, 3));
}

TEST_CASE("part cache: a part is loaded once, for threads that ask at the same time too") {
  PartCache cache;
  std::atomic<int> loads = 0;
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (std::uint64_t part = 0; part < 50; ++part) {
        const auto bytes = cache.get({1, part}, [&] {
          ++loads;
          return of(8, static_cast<int>(part));
        });
        if (*bytes == of(8, static_cast<int>(part))) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(loads == 50);
  CHECK(right == 200);
}

TEST_CASE("part cache: what is held is bounded, by bytes and by number") {
  PartCache cache;
  int loads = 0;
  const auto load = [&](std::size_t size) {
    return [&loads, size] {
      ++loads;
      return of(size, 1);
    };
  };
  const auto kept = cache.get({1, 0}, load(std::size_t{15} << 20));
  cache.get({1, 1}, load(std::size_t{15} << 20));
  cache.get({1, 1}, load(0));
  CHECK(loads == 2);
  cache.get({1, 0}, load(8));
  CHECK(loads == 3);
  CHECK(kept->size() == std::size_t{15} << 20);  // whoever reads it holds it
  for (std::uint64_t part = 0; part < 100; ++part) cache.get({2, part}, load(1));
  CHECK(loads == 103);
  cache.get({2, 99}, load(1));
  CHECK(loads == 103);
  cache.get({2, 0}, load(1));
  CHECK(loads == 104);
  // One that is larger than all that may be held is given all the same.
  CHECK(cache.get({3, 0}, load(std::size_t{30} << 20))->size() == std::size_t{30} << 20);
}

TEST_CASE("part cache: a load that fails is tried again") {
  PartCache cache;
  CHECK_THROWS_AS(cache.get({1, 0}, []() -> PartCache::Bytes { throw std::runtime_error("no"); }),
                  std::runtime_error);
  CHECK(*cache.get({1, 0}, [] { return of(3, 7); }) == of(3, 7));
}

TEST_CASE("part cache: models that are read side by side do not drive each other's parts out") {
  const std::string said =
      aerotool::test::quantization_said(R"("quant_method":"awq","bits":4,"group_size":128)");
  for (const std::size_t count : {std::size_t{1}, std::size_t{5}, std::size_t{30}}) {
    CAPTURE(count);
    const auto cache = std::make_shared<PartCache>(count);
    std::vector<CountedModel> models(count);
    std::vector<aerotool::QuantizedWeight> weights;
    for (CountedModel& model : models) {
      model.add("m.qweight", aerotool::DType(aerotool::DTypeCode::i32), {4096, 512})
          .add("m.qzeros", aerotool::DType(aerotool::DTypeCode::i32), {32, 512})
          .add("m.scales", aerotool::DType(aerotool::DTypeCode::f16), {32, 4096});
      auto one = aerotool::quantized_weights(model, aerotool::quantization_config(said, {}), cache);
      REQUIRE(one.size() == 1);
      weights.push_back(std::move(one.front()));
    }
    std::vector<float> piece(std::size_t{16} << 10);
    for (std::uint64_t first = 0; first < piece.size() * 12; first += piece.size()) {
      for (const auto& weight : weights) weight.values->read(first, std::span(piece));
    }
    // A tile of codes is made of whole rows, as these are short: that is all there is, twice at most.
    for (const CountedModel& model : models) CHECK(model.bytes() < std::uint64_t{18} << 20);
  }
}

#include "transfer/transforms/merge/model_stock.hpp"

#include <utility>

#include "core/once.hpp"
#include "transfer/transforms/merge/kernels.hpp"
#include "transfer/transforms/merge/products.hpp"

namespace aerotool::merging {
namespace {

class ModelStock final : public MergedValues {
 public:
  ModelStock(std::vector<Values> sources, const Values& base, const std::vector<Values>& models)
      : MergedValues(std::move(sources)), products_(models, base), models_(models.size()) {}

 private:
  double ratio() const {
    const double known = cosine(products_, 0, 1);  // every thread helps with the products
    known_.run([&] {
      double sum = 0;
      std::size_t pairs = 0;
      for (std::size_t a = 0; a < models_; ++a) {
        for (std::size_t b = a + 1; b < models_; ++b, ++pairs)
          sum += a == 0 && b == 1 ? known : cosine(products_, a, b);
      }
      const double mean = sum / static_cast<double>(pairs);
      const auto count = static_cast<double>(models_);
      ratio_ = count * mean / (1 + (count - 1) * mean);
    });
    return ratio_;
  }

  void merge(std::uint64_t /*first*/, const Inputs& inputs, std::span<double> out) const override {
    const double ratio = this->ratio();
    for (std::size_t i = 1; i < sources(); ++i) {
      inputs.with(i, [&]<typename Number>(std::span<const Number> numbers) {
        if (i == 1) {
          vectorised<PutScaled<Number>>(numbers, 1.0, out);
        } else {
          vectorised<AddScaled<Number>>(numbers, 1.0, out);
        }
      });
    }
    vectorised<Divide>(static_cast<double>(models_), out);
    vectorised<Multiply>(ratio, out);
    inputs.with(0, [&]<typename Number>(std::span<const Number> numbers) {
      vectorised<AddScaled<Number>>(numbers, 1 - ratio, out);
    });
  }

  Products products_;
  std::size_t models_;
  mutable Once known_;
  mutable double ratio_ = 0;
};

}  // namespace

Values model_stock(const Values& base, const std::vector<Values>& models) {
  std::vector<Values> sources = {base};
  sources.insert(sources.end(), models.begin(), models.end());
  return std::make_shared<ModelStock>(std::move(sources), base, models);
}

}  // namespace aerotool::merging

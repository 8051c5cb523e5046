#include "transfer/transforms/merge/sums.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <optional>
#include <utility>

#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {
namespace {

double sum_of_weights(const std::vector<Weighted>& models) {
  double sum = 0;
  for (const Weighted& model : models) sum += model.weight;
  return sum;
}

std::vector<Values> values_of_all(const std::vector<Weighted>& models) {
  std::vector<Values> values;
  for (const Weighted& model : models) values.push_back(model.values);
  return values;
}

/// Whether dividing by it is the same as multiplying with its reciprocal, which is much faster.
bool is_power_of_two(double number) {
  int exponent = 0;
  return std::isfinite(number) && std::abs(std::frexp(number, &exponent)) == 0.5 && exponent > -1000 &&
         exponent < 1000;
}

void divide(double divisor, std::span<double> numbers) {
  if (divisor == 1) return;
  if (is_power_of_two(divisor)) return vectorised<Multiply>(1 / divisor, numbers);
  vectorised<Divide>(divisor, numbers);
}

class Linear final : public MergedValues {
 public:
  Linear(const std::vector<Weighted>& models, double divisor)
      : MergedValues(values_of_all(models)), divisor_(divisor) {
    for (const Weighted& model : models) weights_.push_back(model.weight);
  }

 private:
  void merge(std::uint64_t /*first*/, const Inputs& inputs, std::span<double> out) const override {
    for (std::size_t i = 0; i < sources(); ++i) {
      inputs.with(i, [&]<typename Number>(std::span<const Number> numbers) {
        if (i == 0) {
          vectorised<PutScaled<Number>>(numbers, weights_[i], out);
        } else {
          vectorised<AddScaled<Number>>(numbers, weights_[i], out);
        }
      });
    }
    divide(divisor_, out);
  }

  std::vector<double> weights_;
  double divisor_;
};

/// sum = sum + weight * (number - base)
template <typename Number>
struct AddDifference {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, std::span<const double> base,
                                         double weight, std::span<double> sum) {
    const std::size_t count = sum.size();
    const Number* const from = numbers.data();
    const double* const minus = base.data();
    double* const to = sum.data();
    for (std::size_t i = 0; i < count; ++i)
      to[i] = to[i] + weight * (static_cast<double>(from[i]) - minus[i]);
  }
};

class TaskArithmetic final : public MergedValues {
 public:
  TaskArithmetic(std::vector<Values> sources, std::vector<double> weights, double lambda, double divisor)
      : MergedValues(std::move(sources)), weights_(std::move(weights)), lambda_(lambda), divisor_(divisor) {}

 private:
  void merge(std::uint64_t /*first*/, const Inputs& inputs, std::span<double> out) const override {
    Scratch<double> base(out.size());
    inputs.put(0, base.span());
    std::ranges::fill(out, 0.0);
    for (std::size_t i = 1; i < sources(); ++i) {
      inputs.with(i, [&]<typename Number>(std::span<const Number> numbers) {
        vectorised<AddDifference<Number>>(numbers, std::span<const double>(base.span()), weights_[i - 1],
                                          out);
      });
    }
    divide(divisor_, out);
    vectorised<AddToBase>(std::span<const double>(base.span()), lambda_, out);
  }

  std::vector<double> weights_;
  double lambda_;
  double divisor_;
};

}  // namespace

Values linear(const std::vector<Weighted>& models, bool normalize) {
  return std::make_shared<Linear>(models, normalize ? sum_of_weights(models) : 1);
}

Values task_arithmetic(Values base, const std::vector<Weighted>& models, double lambda, bool normalize) {
  const double sum = sum_of_weights(models);
  std::vector<Values> sources = {std::move(base)};
  std::vector<double> weights;
  for (const Weighted& model : models) {
    sources.push_back(model.values);
    weights.push_back(model.weight);
  }
  return std::make_shared<TaskArithmetic>(std::move(sources), std::move(weights), lambda,
                                          normalize && sum != 0 ? sum : 1);
}

Values scaled(Values values, double factor) {
  return std::make_shared<Linear>(std::vector<Weighted>{{std::move(values), factor}}, 1);
}

}  // namespace aerotool::merging

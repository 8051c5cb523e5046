#include "transfer/transforms/merge/differences.hpp"

#include <algorithm>
#include <utility>

#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {
namespace {

/// differences *= weight; sum += differences
struct WeighAndAdd {
  [[gnu::always_inline]] static void run(double weight, std::span<double> differences,
                                         std::span<double> sum) {
    const std::size_t count = sum.size();
    double* const numbers = differences.data();
    double* const to = sum.data();
    for (std::size_t i = 0; i < count; ++i) {
      numbers[i] = weight * numbers[i];
      to[i] = to[i] + numbers[i];
    }
  }
};

/// Each sum as the sign that it elects: 1 or -1.
struct Elect {
  [[gnu::always_inline]] static void run(std::span<double> sums) {
    for (double& sum : sums) sum = sum >= 0 ? 1.0 : -1.0;
  }
};

/// Adds the differences that have the elected sign, and their weight. NaN goes through.
struct AddElected {
  [[gnu::always_inline]] static void run(std::span<const double> differences, double weight,
                                         std::span<const double> signs, std::span<double> out,
                                         std::span<double> weights) {
    const std::size_t count = out.size();
    const double* const numbers = differences.data();
    const double* const elected = signs.data();
    double* const to = out.data();
    double* const divisor = weights.data();
    for (std::size_t i = 0; i < count; ++i) {
      const double toward = numbers[i] * elected[i];
      to[i] = to[i] + (toward <= 0 ? 0.0 : numbers[i]);
      divisor[i] = divisor[i] + (toward > 0 ? weight : 0.0);
    }
  }
};

struct DivideEach {
  [[gnu::always_inline]] static void run(std::span<const double> divisors, std::span<double> out) {
    const std::size_t count = out.size();
    const double* const by = divisors.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = to[i] / (by[i] == 0 ? 1.0 : by[i]);
  }
};

class Differences final : public MergedValues {
 public:
  Differences(std::vector<Values> sources, const std::vector<Difference>& models, Consensus consensus,
              double lambda, bool normalize)
      : MergedValues(std::move(sources)),
        models_(models),
        consensus_(consensus),
        lambda_(lambda),
        normalize_(normalize) {}

 private:
  void merge(std::uint64_t first, const Inputs& inputs, std::span<double> out) const override {
    Scratch<double> base(out.size());
    const std::span<const double> from = base.span();
    inputs.put(0, base.span());
    // Of each model where they are looked at twice.
    Scratch<double> differences(out.size() * (consensus_ == Consensus::sign ? models_.size() : 1));
    std::ranges::fill(out, 0.0);
    for (std::size_t i = 0; i < models_.size(); ++i) {
      const auto own = own_part(differences, i, out.size());
      inputs.with(i + 1, [&]<typename Number>(std::span<const Number> numbers) {
        vectorised<PutDifference<Number>>(numbers, from, own);
      });
      if (models_[i].sparsifier) models_[i].sparsifier->apply(first, own);
      vectorised<WeighAndAdd>(models_[i].weight, own, out);
    }
    if (consensus_ == Consensus::sign) {
      elect(differences, out);
    } else if (normalize_) {
      double sum = 0;
      for (const Difference& model : models_) sum += model.weight;
      vectorised<Divide>(sum == 0 ? 1.0 : sum, out);
    }
    vectorised<AddToBase>(from, lambda_, out);
  }

  std::span<double> own_part(Scratch<double>& differences, std::size_t model, std::size_t count) const {
    return differences.span().subspan(consensus_ == Consensus::sign ? model * count : 0, count);
  }

  /// `out` holds the sums of the weighted differences, and then what is elected.
  void elect(Scratch<double>& differences, std::span<double> out) const {
    Scratch<double> signs(out.size());
    Scratch<double> weights(out.size());
    std::ranges::copy(out, signs.span().begin());
    vectorised<Elect>(signs.span());
    std::ranges::fill(out, 0.0);
    std::ranges::fill(weights.span(), 0.0);
    for (std::size_t i = 0; i < models_.size(); ++i) {
      vectorised<AddElected>(std::span<const double>(own_part(differences, i, out.size())), models_[i].weight,
                             std::span<const double>(signs.span()), out, weights.span());
    }
    if (normalize_) vectorised<DivideEach>(std::span<const double>(weights.span()), out);
  }

  std::vector<Difference> models_;
  Consensus consensus_;
  double lambda_;
  bool normalize_;
};

}  // namespace

Values merge_differences(Values base, const std::vector<Difference>& models, Consensus consensus,
                         double lambda, bool normalize) {
  std::vector<Values> sources = {std::move(base)};
  for (const Difference& model : models) sources.push_back(model.values);
  return std::make_shared<Differences>(std::move(sources), models, consensus, lambda, normalize);
}

}  // namespace aerotool::merging

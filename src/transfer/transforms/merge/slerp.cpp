#include "transfer/transforms/merge/slerp.hpp"

#include <cmath>
#include <utility>

#include "core/once.hpp"
#include "transfer/transforms/merge/kernels.hpp"
#include "transfer/transforms/merge/products.hpp"

namespace aerotool::merging {
namespace {

struct Factors {
  double first = 0;
  double second = 0;
};

Factors rounded(double first, double second) {
  return {static_cast<double>(static_cast<float>(first)), static_cast<double>(static_cast<float>(second))};
}

Factors on_the_line(double t) {
  return rounded(1 - t, t);
}

Factors on_the_arc(double cosine, double t) {
  const double angle = std::acos(cosine);
  const double sine = std::sin(angle);
  return rounded(std::sin((1 - t) * angle) / sine, std::sin(t * angle) / sine);
}

class Arc final : public MergedValues {
 public:
  enum class Rule { threshold, none };

  Arc(std::vector<Values> sources, Values base, double t, Rule rule)
      : MergedValues(all_of(sources, base)),
        products_(std::move(sources), std::move(base)),
        t_(t),
        rule_(rule) {}

 private:
  static std::vector<Values> all_of(std::vector<Values> sources, const Values& base) {
    if (base) sources.push_back(base);
    return sources;
  }

  const Factors& factors() const {
    // Every thread helps with the products, and then one makes the factors of them.
    const double cosine = merging::cosine(products_, 0, 1);
    known_.run([&] {
      constexpr double kFlat = 0.9995;
      constexpr double kNoAngle = 1e-8;
      const bool flat = rule_ == Rule::threshold ? std::abs(cosine) > kFlat
                                                 : std::abs(std::sin(std::acos(cosine))) < kNoAngle;
      // NaN goes through the arc, to NaN.
      factors_ = flat ? on_the_line(t_) : on_the_arc(cosine, t_);
    });
    return factors_;
  }

  void merge(std::uint64_t /*first*/, const Inputs& inputs, std::span<double> out) const override {
    const Factors& factors = this->factors();
    const auto add = [&](std::size_t number, double factor, bool begins) {
      inputs.with(number, [&]<typename Number>(std::span<const Number> numbers) {
        if (begins) {
          vectorised<PutScaled<Number>>(numbers, factor, out);
        } else {
          vectorised<AddScaled<Number>>(numbers, factor, out);
        }
      });
    };
    if (sources() == 2) {
      add(0, factors.first, true);
      add(1, factors.second, false);
      return;
    }
    // b + f (x - b) + g (y - b), each difference by itself.
    Scratch<double> base(out.size());
    inputs.put(2, base.span());
    Scratch<double> sum(out.size());
    const std::span<const double> from = base.span();
    for (std::size_t i = 0; i < 2; ++i) {
      inputs.put(i, out);
      vectorised<Subtract<double>>(from, out);
      const std::span<const double> difference = out;
      if (i == 0) {
        vectorised<PutScaled<double>>(difference, factors.first, sum.span());
      } else {
        vectorised<AddScaled<double>>(difference, factors.second, sum.span());
      }
    }
    vectorised<AddScaled<double>>(from, 1.0, sum.span());
    std::ranges::copy(sum.span(), out.begin());
  }

  Products products_;
  double t_;
  Rule rule_;
  mutable Once known_;
  mutable Factors factors_;
};

}  // namespace

Values slerp(Values base, Values other, double t) {
  return std::make_shared<Arc>(std::vector<Values>{std::move(base), std::move(other)}, nullptr, t,
                               Arc::Rule::threshold);
}

Values nuslerp(Values first, Values second, Values base, double t) {
  return std::make_shared<Arc>(std::vector<Values>{std::move(first), std::move(second)}, std::move(base), t,
                               Arc::Rule::none);
}

}  // namespace aerotool::merging

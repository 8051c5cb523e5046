// Loops over the numbers of merges. Products and sums are rounded one by one, in doubles.
#pragma once

#include <cstddef>
#include <span>

#include "core/vectorised.hpp"

namespace aerotool::merging {

template <typename Number>
struct Put {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, std::span<double> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i]);
  }
};

template <typename Number>
struct PutScaled {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, double weight,
                                         std::span<double> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = 0.0 + weight * static_cast<double>(from[i]);
  }
};

template <typename Number>
struct AddScaled {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, double weight,
                                         std::span<double> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = to[i] + weight * static_cast<double>(from[i]);
  }
};

struct Multiply {
  [[gnu::always_inline]] static void run(double factor, std::span<double> out) {
    for (double& number : out) number = number * factor;
  }
};

struct Divide {
  [[gnu::always_inline]] static void run(double divisor, std::span<double> out) {
    for (double& number : out) number = number / divisor;
  }
};

/// out = out - numbers
template <typename Number>
struct Subtract {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, std::span<double> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = to[i] - static_cast<double>(from[i]);
  }
};

/// out = numbers - base
template <typename Number>
struct PutDifference {
  [[gnu::always_inline]] static void run(std::span<const Number> numbers, std::span<const double> base,
                                         std::span<double> out) {
    const std::size_t count = out.size();
    const Number* const from = numbers.data();
    const double* const minus = base.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = static_cast<double>(from[i]) - minus[i];
  }
};

/// out = base + factor * out
struct AddToBase {
  [[gnu::always_inline]] static void run(std::span<const double> base, double factor, std::span<double> out) {
    const std::size_t count = out.size();
    const double* const from = base.data();
    double* const to = out.data();
    for (std::size_t i = 0; i < count; ++i) to[i] = from[i] + factor * to[i];
  }
};

}  // namespace aerotool::merging

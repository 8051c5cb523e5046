// The numbers that a merge works on: a part of each of its tensors, read at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "core/scratch.hpp"
#include "transfer/value_source.hpp"

namespace aerotool::merging {

using Values = std::shared_ptr<const ValueSource>;

/// So many are worked on at once that several runs of doubles stay in the nearest cache; a multiple of 8.
inline constexpr std::size_t kMergedAtOnce = std::size_t{1} << 10;

/// An element of BF16 as it is stored; it becomes a number where it is used.
struct Bf16 {
  std::uint16_t bits;

  [[gnu::always_inline]] explicit operator float() const {
    return std::bit_cast<float>(std::uint32_t{bits} << 16);
  }
  [[gnu::always_inline]] explicit operator double() const { return static_cast<double>(float{*this}); }
};

/// Numbers of a source in the form that takes the fewest bytes: BF16 as it is stored, floats where they are
/// exact, else doubles.
class Numbers {
 public:
  Numbers(const ValueSource& source, std::uint64_t first, std::size_t count);

  /// Calls `with` with a span of some of them.
  template <typename With>
  void with(std::size_t begin, std::size_t count, With with) const {
    std::visit(
        [&]<typename Number>(const Scratch<Number>& numbers) { with(numbers.span().subspan(begin, count)); },
        numbers_);
  }

 private:
  using Any = std::variant<Scratch<Bf16>, Scratch<float>, Scratch<double>>;

  static Any read(const ValueSource& source, std::uint64_t first, std::size_t count);

  Any numbers_;
};

/// The numbers of several sources, all from the same element on.
class Inputs {
 public:
  Inputs(const std::vector<Values>& sources, std::uint64_t first, std::size_t count);

  /// What with() gives from now on.
  void choose(std::size_t begin, std::size_t count) {
    begin_ = begin;
    count_ = count;
  }

  /// Calls `with` with a span of the numbers of a source: of Bf16, float or double.
  template <typename With>
  void with(std::size_t source, With with) const {
    numbers_[source].with(begin_, count_, with);
  }
  /// Fills `out` with them.
  void put(std::size_t source, std::span<double> out) const;

 private:
  std::vector<Numbers> numbers_;
  std::size_t begin_ = 0;
  std::size_t count_ = 0;
};

}  // namespace aerotool::merging

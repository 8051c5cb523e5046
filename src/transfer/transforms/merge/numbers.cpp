#include "transfer/transforms/merge/numbers.hpp"

#include "transfer/transforms/merge/kernels.hpp"

namespace aerotool::merging {

Numbers::Numbers(const ValueSource& source, std::uint64_t first, std::size_t count)
    : numbers_(read(source, first, count)) {}

Numbers::Any Numbers::read(const ValueSource& source, std::uint64_t first, std::size_t count) {
  const auto filled = [&]<typename Number>(Scratch<Number> numbers) {
    if constexpr (std::is_same_v<Number, Bf16>) {
      source.read_stored(first, std::as_writable_bytes(numbers.span()));
    } else {
      source.read(first, numbers.span());
    }
    return numbers;
  };
  if (source.stored_kind() == FloatKind::bf16 && std::endian::native == std::endian::little)
    return filled(Scratch<Bf16>(count));
  if (source.fits_f32()) return filled(Scratch<float>(count));
  return filled(Scratch<double>(count));
}

Inputs::Inputs(const std::vector<Values>& sources, std::uint64_t first, std::size_t count) : count_(count) {
  numbers_.reserve(sources.size());
  for (const Values& source : sources) numbers_.emplace_back(*source, first, count);
}

void Inputs::put(std::size_t source, std::span<double> out) const {
  with(source,
       [&]<typename Number>(std::span<const Number> numbers) { vectorised<Put<Number>>(numbers, out); });
}

}  // namespace aerotool::merging

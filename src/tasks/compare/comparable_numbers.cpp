#include "tasks/compare/comparable_numbers.hpp"

namespace aerotool::tasks {

bool ComparableNumbers::are(std::size_t a, std::size_t b) const {
  if (a_.tensor(a).shape != b_.tensor(b).shape) return false;
  const auto has_numbers = [this](const ComparedModel& model, std::size_t number) {
    return model.is_decoded(number) || number_blocks(model.tensor(number), dequantize_).has_value();
  };
  return has_numbers(a_, a) && has_numbers(b_, b);
}

std::optional<BothBlocks> ComparableNumbers::of(std::size_t a, std::size_t b) const {
  if (!are(a, b)) return std::nullopt;
  const auto blocks_a = blocks(a_, a);
  const auto blocks_b = blocks(b_, b);
  return BothBlocks{*blocks_a, *blocks_b};
}

std::optional<NumberBlocks> ComparableNumbers::blocks(const ComparedModel& model, std::size_t number) const {
  if (!model.is_decoded(number)) return number_blocks(model.tensor(number), dequantize_);
  return NumberBlocks(model.weight(number).values->fits_f32() ? NumberKind::f32 : NumberKind::f64);
}

}  // namespace aerotool::tasks

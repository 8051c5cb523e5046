#include "tasks/merge/layers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace aerotool::tasks {
namespace {

struct Number {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t value = 0;
};

std::optional<Number> number_in(std::string_view name) {
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
    const std::size_t end = name.find('.', dot + 1);
    if (end == std::string_view::npos) return std::nullopt;
    Number number{dot + 1, end, 0};
    const char* const to = name.data() + end;
    const auto parsed = std::from_chars(name.data() + number.begin, to, number.value);
    // A number that is no layer of anything is text. Leading zeros would be lost.
    constexpr std::uint64_t kMost = 1'000'000;
    const bool plain = number.value == 0 ? end == dot + 2 : name[number.begin] != '0';
    if (parsed.ec == std::errc() && parsed.ptr == to && number.value < kMost && plain) return number;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> layer_of(const std::string& name) {
  const auto number = number_in(name);
  if (!number) return std::nullopt;
  return number->value;
}

std::string in_layer(const std::string& name, std::uint64_t layer) {
  const auto number = number_in(name);
  if (!number) return name;
  return name.substr(0, number->begin) + std::to_string(layer) + name.substr(number->end);
}

std::uint64_t layer_count(const Model& model) {
  std::uint64_t count = 0;
  for (const Tensor& tensor : model.tensors()) {
    if (const auto layer = layer_of(tensor.name)) count = std::max(count, *layer + 1);
  }
  return count;
}

double depth_of(std::uint64_t layer, std::uint64_t layers) {
  return layers <= 1 ? 1 : static_cast<double>(layer) / static_cast<double>(layers - 1);
}

bool is_before_layers(const std::string& name) {
  constexpr std::array<std::string_view, 4> kParts = {"embed", "embd", "wte", "wpe"};
  return std::ranges::any_of(kParts,
                             [&](std::string_view part) { return name.find(part) != std::string::npos; });
}

}  // namespace aerotool::tasks

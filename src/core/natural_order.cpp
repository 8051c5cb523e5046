#include "core/natural_order.hpp"

#include <algorithm>

namespace aerotool {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view digits_at_front(std::string_view text) {
  return text.substr(
      0, static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin()));
}

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

/// Below 0 where `a` is the smaller number, or the same one with fewer zeros before it.
int compare_numbers(std::string_view a, std::string_view b) {
  const std::string_view x = without_zeros(a);
  const std::string_view y = without_zeros(b);
  if (x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
  if (const int difference = x.compare(y); difference != 0) return difference;
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

unsigned rank_of(char c) {
  if (c == '.') return 0;
  if (c == '/') return 1;
  return 2U + static_cast<unsigned char>(c);
}

}  // namespace

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    std::size_t step = 1;
    if (is_digit(a.front()) && is_digit(b.front())) {
      const std::string_view x = digits_at_front(a);
      const int difference = compare_numbers(x, digits_at_front(b));
      if (difference != 0) return difference < 0;
      step = x.size();
    } else if (a.front() != b.front()) {
      return rank_of(a.front()) < rank_of(b.front());
    }
    a.remove_prefix(step);
    b.remove_prefix(step);
  }
  return a.empty() && !b.empty();
}

}  // namespace aerotool

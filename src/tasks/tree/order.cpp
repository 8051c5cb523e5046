#include "tasks/tree/order.hpp"

#include <array>
#include <utility>

#include "core/natural_order.hpp"

namespace aerotool::tasks {
namespace {

struct OrderName {
  std::string_view word;
  Order order;
};

constexpr std::array<OrderName, 10> kOrders = {{{"name", {SortBy::name, false}},
                                                {"size", {SortBy::size, false}},
                                                {"offset", {SortBy::offset, false}},
                                                {"dtype", {SortBy::dtype, false}},
                                                {"natural", {SortBy::natural, false}},
                                                {"-name", {SortBy::name, true}},
                                                {"-size", {SortBy::size, true}},
                                                {"-offset", {SortBy::offset, true}},
                                                {"-dtype", {SortBy::dtype, true}},
                                                {"-natural", {SortBy::natural, true}}}};

}  // namespace

std::vector<std::string_view> order_names() {
  std::vector<std::string_view> words;
  for (const OrderName& order : kOrders) words.push_back(order.word);
  return words;
}

Order order_named(std::string_view word) {
  const auto* const found = std::ranges::find(kOrders, word, &OrderName::word);
  return found == kOrders.end() ? Order{} : found->order;
}

bool comes_before(const Order& order, const SortKey& a, const SortKey& b) {
  const SortKey& x = order.reversed ? b : a;
  const SortKey& y = order.reversed ? a : b;
  switch (order.by) {
    case SortBy::name:
      return x.name < y.name;
    case SortBy::size:
      return x.size > y.size;
    case SortBy::offset:
      return x.place < y.place;
    case SortBy::dtype:
      return x.dtype < y.dtype;
    case SortBy::natural:
      break;
  }
  return natural_less(x.name, y.name);
}

}  // namespace aerotool::tasks

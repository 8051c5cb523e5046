// What the steps of a plan leave for each other: a plan, a receipt, a verdict. What is read is written again,
// and says the same.
#include <cstdlib>
#include <string>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "tasks/set_plan/document.hpp"
#include "tasks/set_plan/receipt.hpp"
#include "tasks/set_plan/verdict.hpp"

namespace {

using namespace aerotool;

/// Where `read` accepts a text, what `write` makes of it comes back as it is.
template <typename Read, typename Write>
void require_same_again(std::string_view text, Read read, Write write) {
  std::string first;
  try {
    first = write(read(text));
  } catch (const Error&) {
    return;
  }
  if (write(read(first)) != first) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = chars_of(std::as_bytes(std::span(data, size)));
  require_same_again(
      text, [](std::string_view plan) { return tasks::parse_plan(plan, "plan"); },
      [](const tasks::PlanDocument& plan) { return tasks::render(plan); });
  require_same_again(
      text, [](std::string_view receipt) { return tasks::parse_receipt(receipt, "receipt"); },
      [](const tasks::Receipt& receipt) { return tasks::render(receipt); });
  require_same_again(
      text, [](std::string_view verdict) { return tasks::read_verdict(verdict, "verdict"); },
      [](const tasks::Verdict& verdict) { return tasks::render_verdict(verdict); });
  return 0;
}

#include "commands/diff/numbers_json.hpp"

#include <cmath>
#include <optional>
#include <string_view>

namespace aerotool::commands {
namespace {

void number_member(std::string_view name, std::optional<double> number, cli::JsonOut& json) {
  json.key(name);
  if (number) {
    json.value(Value::f64(*number));
  } else {
    json.null();
  }
}

/// To a ten-thousandth: C libraries differ in the last bits of logarithms.
std::optional<double> rounded(std::optional<double> decibels) {
  constexpr double kSteps = 1e4;
  if (!decibels) return std::nullopt;
  return std::round(*decibels * kSteps) / kSteps;
}

}  // namespace

void add_numeric(const tasks::NumericDifference& numeric, cli::JsonOut& json, bool with_element) {
  json.key("numeric");
  json.begin_object();
  json.member("pairs", numeric.pairs);
  number_member("max", numeric.pairs != 0 ? std::optional(numeric.max) : std::nullopt, json);
  if (numeric.max != 0 && with_element) json.member("max_element", numeric.max_element);
  number_member("mean", numeric.mean(), json);
  number_member("rms", numeric.rms(), json);
  number_member("relative", numeric.relative(), json);
  number_member("cosine", numeric.cosine(), json);
  number_member("snr_db", rounded(numeric.signal_to_noise()), json);
  json.member("nan_a", numeric.nan_a);
  json.member("nan_b", numeric.nan_b);
  json.member("inf_a", numeric.inf_a);
  json.member("inf_b", numeric.inf_b);
  json.member("unlike", numeric.unlike);
  json.end_object();
}

}  // namespace aerotool::commands

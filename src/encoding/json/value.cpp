#include "encoding/json/value.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/value_builder.hpp"

namespace aerotool {
namespace {

Value number_value(std::string_view text) {
  std::int64_t negative = 0;
  std::uint64_t positive = 0;
  const char* const end = text.data() + text.size();
  if (const auto r = std::from_chars(text.data(), end, positive); r.ec == std::errc() && r.ptr == end) {
    return Value::u64(positive);
  }
  if (const auto r = std::from_chars(text.data(), end, negative);
      r.ec == std::errc() && r.ptr == end && negative < 0) {
    return Value::i64(negative);
  }
  double real = 0;
  std::from_chars(text.data(), end, real);
  return json_number(real) == text ? Value::f64(real) : Value::number(std::string(text));
}

struct JsonHandler {
  explicit JsonHandler(std::uint64_t most) : builder(most) {}
  ValueBuilder builder;
  std::string problem;

  bool scalar(Value value) {
    builder.scalar(std::move(value));
    return within_memory();
  }
  bool within_memory() {
    if (!builder.is_over()) return true;
    problem = "it takes too much memory";
    return false;
  }
  bool null() { return scalar({}); }
  bool boolean(bool value) { return scalar(Value::boolean(value)); }
  bool number(std::string_view text) { return scalar(number_value(text)); }
  bool string(std::string_view text) {
    builder.text(ValueType::string, text);
    return within_memory();
  }
  bool key(std::string_view text) { return string(text); }
  bool start_object() {
    builder.begin_map();
    return within_memory();
  }
  bool end_object() {
    builder.end_map();
    return within_memory();
  }
  bool start_array() {
    builder.begin_array();
    return within_memory();
  }
  bool end_array() {
    builder.end_array();
    return within_memory();
  }
};

}  // namespace

Value json_of_file(std::string_view text, const std::string& path) {
  constexpr std::uint64_t kMostMemory = std::uint64_t{64} << 20;
  Value value;
  if (const auto problem = read_json(text, kMostMemory, value))
    throw CorruptError({path, problem->offset, {}}, shortened(problem->message));
  return value;
}

std::string json_number(double value) {
  if (!std::isfinite(value)) return "null";  // JSON has no other word for it
  std::array<char, 40> text{};
  const auto result = std::to_chars(text.data(), text.data() + text.size(), value);
  std::string digits(text.data(), result.ptr);
  if (digits.find_first_of(".e") == std::string::npos) digits += ".0";
  return digits;
}

std::optional<JsonProblem> read_json(std::string_view text, std::uint64_t most, Value& value) {
  JsonHandler handler(most);
  auto problem = parse_json(text, handler);
  if (!problem) value = handler.builder.take();
  return problem;
}

}  // namespace aerotool

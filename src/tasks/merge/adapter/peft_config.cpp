#include "tasks/merge/adapter/peft_config.hpp"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"
#include "model/quantization_config.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::int64_t kMaxRegexMemory = std::int64_t{1} << 20;
constexpr std::int64_t kMaxInstructions = std::int64_t{4} << 20;  // of all regular expressions together
constexpr std::size_t kMaxPatterns = 4096;
constexpr double kMaxRank = 1 << 24;

/// Anything but null, false, or an empty list or object.
bool asks_for(const Value& said, std::string_view key) {
  const Value* const value = said.find(key);
  if (value == nullptr || value->type == ValueType::null) return false;
  if (value->type == ValueType::boolean) return value->bits != 0;
  if (value->type == ValueType::array) return value->array().count != 0;
  if (value->type == ValueType::map) return !value->map().empty();
  return true;
}

/// Beginnings that leave the base as it is.
bool keeps_base(std::string_view beginning) {
  constexpr std::array<std::string_view, 4> kKnown = {"gaussian", "eva", "orthogonal", "mica"};
  return std::ranges::find(kKnown, beginning) != kKnown.end();
}

bool is_rank(double number) {
  return number >= 1 && number <= kMaxRank && number == std::floor(number);
}

/// Of the first pattern that is all of a module's name.
template <typename Patterns>
double first_match(const Patterns& patterns, const std::string& module, double otherwise) {
  for (const auto& [regex, number] : patterns) {
    if (re2::RE2::FullMatch(module, *regex)) return number;
  }
  return otherwise;
}

}  // namespace

PeftConfig::PeftConfig(const Value& said, std::string path) : path_(std::move(path)) {
  const auto corrupt = [&](const std::string& why) { throw CorruptError({path_, {}, {}}, why); };
  const auto refuse = [&](const std::string& why) { throw UnsupportedError({path_, {}, {}}, why); };
  if (said.type != ValueType::map) corrupt("is no JSON object");
  const auto type = text_at(said, "peft_type").value_or("LORA");
  if (type != "LORA") refuse("peft_type " + shown(type) + " is not merged: only LORA is");
  if (asks_for(said, "use_dora")) refuse("use_dora: DoRA is not merged");
  constexpr std::array<std::string_view, 10> kOthers = {"alora_invocation_tokens",
                                                        "arrow_config",
                                                        "kasa_config",
                                                        "layer_replication",
                                                        "lora_bias",
                                                        "monteclora_config",
                                                        "target_parameters",
                                                        "trainable_token_indices",
                                                        "use_bdlora",
                                                        "use_qalora"};
  for (const std::string_view key : kOthers) {
    if (asks_for(said, key)) refuse(std::string(key) + ": such adapters are not merged");
  }
  if (const auto beginning = text_at(said, "init_lora_weights"); beginning && !keeps_base(*beginning)) {
    refuse("init_lora_weights " + shown(*beginning) +
           ": the adapter came with a base of its own; PEFT converts it to one for the base");
  }
  rank_ = number_at(said, "r").value_or(0);
  if (!is_rank(rank_)) corrupt("r is no rank");
  const auto alpha = number_at(said, "lora_alpha");
  if (!alpha || !std::isfinite(*alpha)) corrupt("lora_alpha is no number");
  alpha_ = alpha.value_or(0);
  by_root_ = boolean_at(said, "use_rslora").value_or(false);
  fan_in_fan_out_ = boolean_at(said, "fan_in_fan_out").value_or(false);
  ranks_ = patterns(said, "rank_pattern");
  alphas_ = patterns(said, "alpha_pattern");
  for (const auto& [regex, rank] : ranks_) {
    if (!is_rank(rank)) corrupt("rank_pattern has a value that is no rank");
  }
}

PeftConfig::Patterns PeftConfig::patterns(const Value& said, std::string_view key) const {
  Patterns patterns;
  const Value* const map = said.find(key);
  if (map == nullptr || map->type == ValueType::null) return patterns;
  const auto corrupt = [&](const std::string& why) {
    throw CorruptError({path_, {}, {}}, std::string(key) + ": " + why);
  };
  if (map->type != ValueType::map) corrupt("is no object");
  if (map->map().size() > kMaxPatterns)
    corrupt("has more than " + with_thousands(kMaxPatterns) + " regular expressions");
  std::int64_t instructions = 0;
  for (const auto& [name, value] : map->map()) {
    const auto number = number_of(value);
    if (!number || !std::isfinite(*number)) corrupt(shown(name.text()) + " has a value that is no number");
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxRegexMemory);
    auto regex = std::make_shared<const re2::RE2>(R"((.*\.)?()" + std::string(name.text()) + ")", options);
    if (!regex->ok()) {
      throw UnsupportedError({path_, {}, {}},
                             std::string(key) + ": " + shown(name.text()) +
                                 " is not a regular expression of RE2: " + one_line(regex->error()));
    }
    instructions += regex->ProgramSize();
    if (instructions > kMaxInstructions) corrupt("is too large");
    patterns.emplace_back(std::move(regex), *number);
  }
  return patterns;
}

std::uint64_t PeftConfig::rank_of(const std::string& module) const {
  return static_cast<std::uint64_t>(first_match(ranks_, module, rank_));
}

double PeftConfig::scale_of(const std::string& module) const {
  const double rank = first_match(ranks_, module, rank_);
  return first_match(alphas_, module, alpha_) / (by_root_ ? std::sqrt(rank) : rank);
}

}  // namespace aerotool::tasks

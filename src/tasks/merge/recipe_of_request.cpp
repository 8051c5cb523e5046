#include "tasks/merge/recipe_of_request.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/nearest.hpp"
#include "core/text.hpp"
#include "tasks/merge/recipe_checks.hpp"
#include "tasks/merge/recipe_words.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& text, const std::string& why) {
  throw RequestError("--" + option + ": " + shown(text) + " " + why);
}

std::vector<std::string> split(const std::string& text, std::string_view separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.push_back(text.substr(begin, end - begin));
    if (end == std::string::npos) return parts;
    begin = end + separator.size();
  }
}

double number_of(const std::string& option, const std::string& text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end || !std::isfinite(number))
    refuse(option, text, "is no number");
  return number;
}

Gradient gradient_of(const MethodParameter& parameter, const std::string& text) {
  const std::string option(parameter.name);
  std::vector<double> points;
  for (const std::string& point : split(text, "..")) {
    points.push_back(number_of(option, point));
    if (!parameter.allows(points.back())) refuse(option, point, "is not from 0 to 1");
  }
  return Gradient(std::move(points));
}

/// A value of an option, taken apart: a gradient for each model, or one for all; and whom it is for.
struct Given {
  std::vector<Gradient> values;
  std::optional<Pattern> pattern;
};

Given given(const MethodParameter& parameter, const std::string& text) {
  const std::string option(parameter.name);
  Given given;
  const std::size_t colon = text.find(':');
  if (colon != std::string::npos) {
    if (colon + 1 == text.size()) refuse(option, text, "has no pattern");
    given.pattern.emplace(text.substr(colon + 1));
  }
  for (const std::string& value : split(text.substr(0, colon), ","))
    given.values.push_back(gradient_of(parameter, value));
  return given;
}

class Maker {
 public:
  explicit Maker(const MergeRequest& request) : request_(request) {}

  Recipe make() {
    recipe_.seed = request_.seed.value_or(0);
    for (const std::string& path : request_.models) merged_.push_back(add_model(path));
    if (request_.base) recipe_.base = add_model(*request_.base);
    choose_method();
    if (request_.stack) {
      make_stack(*request_.stack);
    } else {
      make_whole();
    }
    // Values are counted for the models without the base.
    require_sound(recipe_);
    add_parameters();
    recipe_.text = text();
    return std::move(recipe_);
  }

 private:
  /// A path that is given twice is one model, but of the list of those that are merged.
  std::size_t add_model(const std::string& path) {
    const auto known = std::ranges::find(recipe_.models, path);
    if (known != recipe_.models.end()) return static_cast<std::size_t>(known - recipe_.models.begin());
    recipe_.models.push_back(path);
    return recipe_.models.size() - 1;
  }

  void choose_method() {
    if (request_.stack && request_.method && *request_.method != "passthrough")
      throw RequestError("--stack copies layers: it goes with no --method");
    if (!request_.stack && !request_.method) throw RequestError("missing --method, --stack or --config");
    recipe_.method = &method_or_refusal(request_.stack ? "passthrough" : *request_.method, "--method");
    if (!request_.base && recipe_.method->base == Method::Base::required)
      throw RequestError("--method " + std::string(recipe_.method->name) + " needs --base MODEL");
    if (request_.base && recipe_.method->base == Method::Base::none)
      throw RequestError("--base: " + std::string(recipe_.method->name) + " has no base");
    if (recipe_.method->base == Method::Base::leading && !request_.base && !merged_.empty())
      recipe_.base = merged_.front();
    require_seed_used(request_, *recipe_.method);
    if (recipe_.method->name == "passthrough" && !request_.stack)
      throw RequestError("--method passthrough copies one model; --stack says which layers of which");
  }

  void make_whole() {
    Slice slice;
    for (const std::size_t model : merged_) {
      slice.sources.push_back({model, 0, 0, {}});
    }
    recipe_.slices.push_back(std::move(slice));
  }

  void make_stack(const std::string& text) {
    recipe_.sliced = true;
    for (const std::string& part : split(text, ",")) {
      const std::size_t colon = part.find(':');
      const std::size_t dash = part.find('-', colon == std::string::npos ? 0 : colon);
      if (colon == std::string::npos || dash == std::string::npos)
        refuse("stack", part, "is not MODEL:FROM-TO, such as A:0-16");
      const auto model = model_labelled(part.substr(0, colon), request_.models.size());
      if (!model) refuse("stack", part, "names no model: A is the first, B the second ...");
      const auto layer = [&](const std::string& digits) {
        std::uint64_t number = 0;
        const char* const end = digits.data() + digits.size();
        const auto parsed = std::from_chars(digits.data(), end, number);
        if (digits.empty() || parsed.ec != std::errc() || parsed.ptr != end)
          refuse("stack", part, "is not MODEL:FROM-TO, such as A:0-16");
        return number;
      };
      Slice slice;
      slice.sources.push_back({merged_[*model],
                               layer(part.substr(colon + 1, dash - colon - 1)),
                               layer(part.substr(dash + 1)),
                               {}});
      if (slice.sources[0].from >= slice.sources[0].to) refuse("stack", part, "holds no layer");
      recipe_.slices.push_back(std::move(slice));
    }
  }

  /// The words of the command line that decide what is made, with labels for the models.
  std::string text() const {
    std::string text = "merge";
    for (const std::size_t model : merged_) append_word(text, label_of(model));
    if (request_.base) append_option(text, "base", label_of(*recipe_.base));
    if (request_.stack) {
      append_option(text, "stack", *request_.stack);
    } else {
      append_option(text, "method", std::string(recipe_.method->name));
    }
    const auto each = [&](const std::string& name, const std::vector<std::string>& values) {
      for (const std::string& value : values) append_option(text, name, value);
    };
    each("weight", request_.weight);
    each("density", request_.density);
    each("lambda", request_.lambda);
    each("t", request_.t);
    append_common_options(text, request_);
    return text;
  }

  void add_parameters() {
    add("weight", request_.weight);
    add("density", request_.density);
    add("lambda", request_.lambda);
    add("t", request_.t);
  }

  void add(const std::string& option, const std::vector<std::string>& texts) {
    if (texts.empty()) return;
    const auto& known = recipe_.method->parameters;
    const auto parameter = std::ranges::find(known, option, &MethodParameter::name);
    if (parameter == known.end()) {
      throw RequestError("--" + option + ": " +
                         (request_.stack ? "--stack copies layers"
                                         : std::string(recipe_.method->name) + " has no such parameter"));
    }
    auto& sources = recipe_.slices.front().sources;
    for (const std::string& text : texts) {
      const Given values = given(*parameter, text);
      if (values.values.size() == 1) {
        if (parameter->of_models) {
          for (SliceSource& source : sources)
            source.parameters[option].add(values.pattern, values.values.front());
        } else {
          recipe_.parameters[option].add(values.pattern, values.values.front());
        }
        continue;
      }
      if (!parameter->of_models) refuse(option, text, "gives several values, and all models have the same");
      if (values.values.size() != sources.size()) {
        refuse(option, text,
               "gives " + std::to_string(values.values.size()) + " values for " +
                   plural(sources.size(), "model"));
      }
      for (std::size_t i = 0; i < sources.size(); ++i)
        sources[i].parameters[option].add(values.pattern, values.values[i]);
    }
  }

  const MergeRequest& request_;
  Recipe recipe_;
  std::vector<std::size_t> merged_;  // of each operand, its model
};

}  // namespace

Recipe recipe_of_request(const MergeRequest& request) {
  return Maker(request).make();
}

}  // namespace aerotool::tasks

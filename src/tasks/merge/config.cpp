#include "tasks/merge/config.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "encoding/json/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/yaml/reader.hpp"
#include "io/file_input.hpp"
#include "model/float_dtype.hpp"
#include "tasks/merge/recipe_checks.hpp"
#include "tasks/merge/recipe_words.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20;
// Each is looked for among all others, and opened.
constexpr std::size_t kMostModels = 1000;

class Config {
 public:
  Config(const MergeRequest& request, const std::string& path) : request_(request), path_(path) {
    const auto input = io::FileInput::open(path);
    if (input->size() > kMaxBytes) refuse("is larger than " + human_size(kMaxBytes));
    document_ = read_yaml(input->view(0, input->size()).text(), path);
  }

  Recipe recipe() {
    recipe_.seed = request_.seed.value_or(0);
    const Value& top = map(document_, "the file");
    known(top, "the file",
          {"merge_method", "base_model", "models", "slices", "parameters", "dtype", "out_dtype"});
    recipe_.method = &method_or_refusal(text(member(top, "merge_method", "the file"), "merge_method"), path_);
    // In the order in which the file names them.
    for (const auto& [key, value] : top.map()) {
      if (key.text() == "base_model" && value.type != ValueType::null) recipe_.base = model(value);
      if (key.text() == "models") whole(value);
      if (key.text() == "slices") sliced(value);
      if (key.text() == "parameters") recipe_.parameters = parameters(value);
    }
    if (recipe_.slices.empty()) refuse("has neither 'models' nor 'slices'");
    dtypes(top);
    if (recipe_.method->make == nullptr) {
      refuse("merge_method " + std::string(recipe_.method->name) +
             " is none of mergekit's; it is for the command line");
    }
    require_used();
    require_seed_used(request_, *recipe_.method);
    if (recipe_.method->base == Method::Base::none) forget_base();
    recipe_.text = rendered(document_, false);
    append_common_options(recipe_.text, request_);
    require_sound(recipe_);
    return std::move(recipe_);
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw RequestError({path_, {}, {}}, why); }

  const Value& map(const Value& value, const std::string& what) const {
    if (value.type != ValueType::map) refuse(what + " is no mapping");
    return value;
  }
  const std::vector<Value>& list(const Value& value, const std::string& what) const {
    if (value.type != ValueType::array) refuse(what + " is no list");
    return value.array().items;
  }
  std::string text(const Value& value, const std::string& what) const {
    if (value.type != ValueType::string) refuse(shown(what) + " is no text");
    return std::string(value.text());
  }
  double number(const Value& value, std::string_view what) const {
    if (value.type == ValueType::boolean) return value.bits != 0 ? 1 : 0;
    const bool is_number = value.is_integer() || value.type == ValueType::f64;
    if (!is_number || !std::isfinite(value.as_double())) refuse(shown(what) + " is no number");
    return value.as_double();
  }
  const Value& member(const Value& value, std::string_view key, const std::string& what) const {
    const Value* found = value.find(key);
    if (found == nullptr) refuse(what + " has no '" + std::string(key) + "'");
    return *found;
  }
  void known(const Value& value, const std::string& what,
             std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, item] : value.map()) {
      if (std::ranges::find(keys, key.text()) == keys.end())
        refuse(what + " has the key " + shown(key.text()) + ", which is not supported");
    }
  }

  /// By the path that the file says, or the operand that it means.
  std::size_t model(const Value& value) {
    const std::string path = path_meant(text(value, "model"));
    const auto same = std::ranges::find(recipe_.models, path);
    const auto number = static_cast<std::size_t>(same - recipe_.models.begin());
    if (same != recipe_.models.end()) return number;
    if (number == kMostModels) refuse("names more than " + with_thousands(kMostModels) + " models");
    recipe_.models.push_back(path);
    return number;
  }

  void whole(const Value& value) {
    if (!recipe_.slices.empty()) refuse("has both 'models' and 'slices'");
    Slice slice;
    for (const Value& item : list(value, "'models'")) {
      map(item, "a model");
      known(item, "a model", {"model", "parameters"});
      SliceSource source;
      source.model = model(member(item, "model", "a model"));
      if (const Value* own = item.find("parameters")) source.parameters = parameters(*own);
      slice.sources.push_back(std::move(source));
    }
    recipe_.slices.push_back(std::move(slice));
  }

  void sliced(const Value& value) {
    if (!recipe_.slices.empty()) refuse("has both 'models' and 'slices'");
    recipe_.sliced = true;
    for (const Value& item : list(value, "'slices'")) {
      map(item, "a slice");
      known(item, "a slice", {"sources", "parameters"});
      Slice slice;
      if (const Value* own = item.find("parameters")) slice.parameters = parameters(*own);
      for (const Value& part : list(member(item, "sources", "a slice"), "'sources'"))
        slice.sources.push_back(source_of(part));
      if (slice.sources.empty()) refuse("a slice has no sources");
      recipe_.slices.push_back(std::move(slice));
    }
  }

  SliceSource source_of(const Value& part) {
    map(part, "a source");
    known(part, "a source", {"model", "layer_range", "parameters"});
    SliceSource source;
    source.model = model(member(part, "model", "a source"));
    const auto& range = list(member(part, "layer_range", "a source"), "'layer_range'");
    const auto is_layer = [](const Value& layer) { return layer.is_integer() && layer.is_unsigned(); };
    if (range.size() != 2 || !is_layer(range[0]) || !is_layer(range[1]) || range[0].bits >= range[1].bits)
      refuse("'layer_range' is not [FROM, TO], such as [0, 16]");
    source.from = range[0].bits;
    source.to = range[1].bits;
    if (const Value* own = part.find("parameters")) source.parameters = parameters(*own);
    return source;
  }

  Parameters parameters(const Value& value) const {
    Parameters all;
    for (const auto& [name, setting] : map(value, "'parameters'").map()) {
      const std::string key(name.text());
      if (key == "int8_mask") continue;  // how much memory mergekit takes
      const auto& has = recipe_.method->parameters;
      const auto found = std::ranges::find(has, key, &MethodParameter::name);
      if (found == has.end()) refuse(std::string(recipe_.method->name) + " has no parameter " + shown(key));
      all[key] = parameter(*found, setting);
    }
    return all;
  }

  Parameter parameter(const MethodParameter& known, const Value& setting) const {
    Parameter parameter;
    const bool filtered = setting.type == ValueType::array && !setting.array().items.empty() &&
                          setting.array().items.front().type == ValueType::map;
    if (!filtered) {
      parameter.add_filter({}, gradient(known, setting));
      return parameter;
    }
    for (const Value& rule : setting.array().items) {
      const std::string what = "a rule of " + shown(known.name);
      map(rule, what);
      this->known(rule, what, {"filter", "value"});
      const Value* filter = rule.find("filter");
      const bool any = filter == nullptr || filter->type == ValueType::null;
      parameter.add_filter(any ? std::string() : text(*filter, "filter"),
                           gradient(known, member(rule, "value", what)));
    }
    return parameter;
  }

  Gradient gradient(const MethodParameter& known, const Value& value) const {
    std::vector<double> points;
    if (value.type == ValueType::array) {
      for_each_element(value.array(), [&](const Value& point) {
        points.push_back(number(point, known.name));
        return true;
      });
      if (points.empty()) refuse(shown(known.name) + " is an empty list");
    } else {
      points.push_back(number(value, known.name));
    }
    for (const double point : points) {
      if (known.only && point != *known.only)
        refuse(shown(known.name) + " is supported as " + (*known.only != 0 ? "true" : "false") + " alone");
      if (!known.allows(point))
        refuse(shown(known.name) + " is " + json_number(point) + ", and not from 0 to 1");
    }
    return Gradient(std::move(points));
  }

  void dtypes(const Value& top) {
    const Value* said = top.find("out_dtype");
    if (said == nullptr || said->type == ValueType::null) said = top.find("dtype");
    for (const char* key : {"dtype", "out_dtype"}) {
      if (const Value* value = top.find(key); value != nullptr && value->type != ValueType::null)
        static_cast<void>(dtype(*value, key));
    }
    if (said != nullptr && said->type != ValueType::null) {
      recipe_.dtype = dtype(*said, "dtype");
    } else {
      recipe_.promotes = true;
    }
  }

  DType dtype(const Value& value, const char* key) const {
    constexpr std::array<std::pair<std::string_view, FloatKind>, 4> kNames = {
        {{"float64", FloatKind::f64},
         {"float32", FloatKind::f32},
         {"float16", FloatKind::f16},
         {"bfloat16", FloatKind::bf16}}};
    const std::string name = text(value, key);
    for (const auto& [known, kind] : kNames) {
      if (name == known) return dtype_of(kind);
    }
    refuse(std::string(key) + ": " + shown(name) + " is not supported");
  }

  /// Of a method that has none, it is a model like the others, where it is one of them.
  void forget_base() {
    const auto is_base = [&](const SliceSource& source) { return source.model == recipe_.base; };
    const bool listed = std::ranges::any_of(
        recipe_.slices, [&](const Slice& slice) { return std::ranges::any_of(slice.sources, is_base); });
    if (!recipe_.base || listed) return;
    if (*recipe_.base + 1 != recipe_.models.size()) {
      for (Slice& slice : recipe_.slices) {
        for (SliceSource& source : slice.sources) {
          if (source.model > *recipe_.base) --source.model;
        }
      }
    }
    recipe_.models.erase(recipe_.models.begin() + static_cast<std::ptrdiff_t>(*recipe_.base));
    recipe_.base.reset();
  }

  void require_used() const {
    for (const std::string& operand : request_.models) {
      if (std::ranges::find(recipe_.models, operand) == recipe_.models.end())
        refuse("names no model that is " + escape_controls(operand));
    }
  }

  /// The document as JSON, which is YAML too, with labels for the models.
  std::string rendered(const Value& value, bool is_model) const {
    std::string out;
    const auto joined = [&](char open, char close, std::size_t count,
                            const std::function<void(std::size_t)>& put) {
      out += open;
      for (std::size_t i = 0; i < count; ++i) {
        if (i != 0) out += ',';
        put(i);
      }
      out += close;
    };
    if (value.type == ValueType::map) {
      const MapItems& items = value.map();
      joined('{', '}', items.size(), [&](std::size_t i) {
        const std::string_view key = items[i].first.text();
        append_json_string(out, key);
        out += ':';
        out += rendered(items[i].second, key == "model" || key == "base_model");
      });
    } else if (value.type == ValueType::array) {
      std::vector<Value> items;
      for_each_element(value.array(), [&](const Value& item) {
        items.push_back(item);
        return true;
      });
      joined('[', ']', items.size(), [&](std::size_t i) { out += rendered(items[i], false); });
    } else if (value.type == ValueType::string && is_model) {
      out += rendered_model(std::string(value.text()));
    } else if (value.type == ValueType::string) {
      append_json_string(out, value.text());
    } else if (value.type == ValueType::boolean) {
      out += value.bits != 0 ? "true" : "false";
    } else if (value.type == ValueType::f64) {
      out += json_number(value.as_double());
    } else if (value.is_integer()) {
      out += std::to_string(static_cast<std::int64_t>(value.bits));
    } else {
      out += "null";
    }
    return out;
  }

  std::string rendered_model(const std::string& path) const {
    const auto found = std::ranges::find(recipe_.models, path_meant(path));
    // A base that its method does not use.
    if (found == recipe_.models.end()) return "null";
    std::string out;
    append_json_string(out, label_of(static_cast<std::size_t>(found - recipe_.models.begin())));
    return out;
  }

  /// That of the operand where this is its label.
  std::string path_meant(const std::string& path) const {
    const auto operand = model_labelled(path, request_.models.size());
    return operand ? request_.models[*operand] : path;
  }

  const MergeRequest& request_;
  const std::string& path_;
  Value document_;
  Recipe recipe_;
};

}  // namespace

Recipe recipe_of_config(const MergeRequest& request) {
  const auto refuse = [](const char* option) {
    throw RequestError(std::string(option) + ": with --config, the file says it");
  };
  if (request.method) refuse("--method");
  if (request.base) refuse("--base");
  if (request.stack) refuse("--stack");
  if (!request.weight.empty()) refuse("--weight");
  if (!request.density.empty()) refuse("--density");
  if (!request.lambda.empty()) refuse("--lambda");
  if (!request.t.empty()) refuse("--t");
  return Config(request, *request.config).recipe();
}

}  // namespace aerotool::tasks

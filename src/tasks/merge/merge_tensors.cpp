#include "tasks/merge/merge_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "core/scratch.hpp"
#include "core/text.hpp"
#include "io/interrupt.hpp"
#include "tasks/merge/layers.hpp"
#include "tasks/merge/output_tensors.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

/// So many names does a message hold.
constexpr std::size_t kMostNames = 5;

/// A tensor of the output, and the names of what it is made of.
struct Wanted {
  std::string name;
  const Slice* slice = nullptr;
  double depth = 0;
  std::vector<std::string> sources;  ///< beside Slice::sources
  std::string base;
};

bool equal_bytes(const MergeInput& a, std::size_t in_a, const MergeInput& b, std::size_t in_b) {
  constexpr std::uint64_t kBlock = std::uint64_t{256} << 10;
  const std::uint64_t size = a.tensor(in_a).size;
  if (size != b.tensor(in_b).size) return false;
  Scratch<std::byte> of_a(std::min(kBlock, size));
  Scratch<std::byte> of_b(std::min(kBlock, size));
  for (std::uint64_t at = 0; at < size; at += kBlock) {
    io::check_interrupt();
    const auto one = of_a.first(std::min(kBlock, size - at));
    const auto other = of_b.first(one.size());
    a.model().read(in_a, at, one);
    b.model().read(in_b, at, other);
    if (std::memcmp(one.data(), other.data(), one.size()) != 0) return false;
  }
  return true;
}

/// The kind that torch computes with where these meet.
FloatKind promoted(FloatKind a, FloatKind b) {
  if (a == b) return a;
  if (a == FloatKind::f64 || b == FloatKind::f64) return FloatKind::f64;
  if (a == FloatKind::f32 || b == FloatKind::f32) return FloatKind::f32;
  if (width_of(a) == 1) return width_of(b) == 1 ? FloatKind::f32 : b;
  if (width_of(b) == 1) return a;
  return FloatKind::f32;
}

class Merger {
 public:
  Merger(const MergeTask& task, std::vector<ComputedTensor>& computed)
      : task_(task), recipe_(task.recipe), inputs_(task.inputs), tensors_(task, computed) {}

  std::vector<PlannedTensor> merge() {
    std::vector<PlannedTensor> planned;
    for (const Wanted& wanted : recipe_.sliced ? of_slices() : of_whole_models()) {
      if (auto tensor = plan(wanted)) planned.push_back(std::move(*tensor));
    }
    refuse_what_differs();
    for (const auto& [name, all] : same_) require_same(name, all);
    return tensors_.in_order(std::move(planned));
  }

 private:
  std::vector<Wanted> of_whole_models() const {
    const Slice& slice = recipe_.slices.front();
    std::set<std::string> names;
    std::uint64_t layers = 0;
    const auto add = [&](std::size_t model) {
      for (const std::uint32_t i : inputs_[model].by_name()) names.insert(inputs_[model].tensor(i).name);
      layers = std::max(layers, layer_count(inputs_[model].model()));
    };
    if (slice.base) add(slice.base->model);
    for (const SliceSource& source : slice.sources) add(source.model);
    std::vector<Wanted> all;
    all.reserve(names.size());
    for (const std::string& name : names) {
      const auto layer = layer_of(name);
      all.push_back({name, &slice, layer ? depth_of(*layer, layers) : 0,
                     std::vector<std::string>(slice.sources.size(), name), name});
    }
    return all;
  }

  std::vector<Wanted> of_slices() const {
    std::vector<Wanted> all;
    std::uint64_t layer_of_output = 0;
    std::set<std::string> known;  // how the first slice calls what is in its layers
    for (const Slice& slice : recipe_.slices) {
      const SliceSource& first = slice.sources.front();
      const std::uint64_t layers = first.to - first.from;
      for (const SliceSource& source : slice.sources) require_layers(source, layers);
      if (slice.base) require_layers(*slice.base, layers);
      const bool begins = &slice == &recipe_.slices.front();
      const bool ends = &slice == &recipe_.slices.back();
      // By the number of its layer in the slice, and by the name that it would have in a model of the slice
      // alone. What any of the models has is wanted.
      std::set<std::pair<std::uint64_t, std::string>> in_layers;
      std::set<std::string> others;
      const auto add = [&](const SliceSource& source) {
        for (const std::uint32_t i : inputs_[source.model].by_name()) {
          const std::string& name = inputs_[source.model].tensor(i).name;
          const auto layer = layer_of(name);
          if (!layer) {
            if (is_before_layers(name) ? begins : ends) others.insert(name);
          } else if (*layer >= source.from && *layer < source.to) {
            in_layers.emplace(*layer - source.from, in_layer(name, *layer - source.from));
          }
        }
      };
      for (const SliceSource& source : slice.sources) add(source);
      if (slice.base) add(*slice.base);
      require_known_layers(in_layers, known, recipe_.models[first.model]);
      for (const std::string& name : others) all.push_back(outside(slice, name));
      for (const auto& [number, name] : in_layers)
        all.push_back(in_slice(slice, name, number, layer_of_output));
      layer_of_output += layers;
    }
    return all;
  }

  /// Layers of models that call everything differently make no model.
  static void require_known_layers(const std::set<std::pair<std::uint64_t, std::string>>& in_layers,
                                   std::set<std::string>& known, const std::string& path) {
    const bool is_first = known.empty();
    bool any = is_first || in_layers.empty();
    for (const auto& [number, name] : in_layers) {
      std::string in_any = in_layer(name, 0);
      any = any || known.contains(in_any);
      if (is_first) known.insert(std::move(in_any));
    }
    if (any) return;
    throw RequestError({path, {}, {}},
                       "calls the tensors of its layers in another way than the first model: '" +
                           escape_controls(shortened(in_layers.begin()->second)) + "'");
  }

  void require_layers(const SliceSource& source, std::uint64_t layers) const {
    const std::uint64_t there = layer_count(inputs_[source.model].model());
    const std::string& path = recipe_.models[source.model];
    if (source.to > there) {
      throw RequestError({path, {}, {}}, "has " + plural(there, "layer") + ", and layers up to " +
                                             std::to_string(source.to) + " are asked for");
    }
    if (source.to - source.from != layers)
      throw RequestError({path, {}, {}},
                         "has another number of layers in a slice than the slice's first model");
  }

  static Wanted outside(const Slice& slice, const std::string& name) {
    return {name, &slice, 0, std::vector<std::string>(slice.sources.size(), name), name};
  }

  Wanted in_slice(const Slice& slice, const std::string& name, std::uint64_t number,
                  std::uint64_t before) const {
    const SliceSource& first = slice.sources.front();
    Wanted wanted{in_layer(name, before + number), &slice, depth_of(number, first.to - first.from), {}, name};
    for (const SliceSource& source : slice.sources)
      wanted.sources.push_back(in_layer(name, source.from + number));
    if (slice.base) wanted.base = in_layer(name, slice.base->from + number);
    return wanted;
  }

  std::optional<PlannedTensor> plan(const Wanted& wanted) {
    // The base first, then the sources in their order.
    std::vector<Found> all;
    std::vector<std::size_t> lacking;
    std::optional<Found> base;
    std::vector<Found> sources;
    std::vector<const SliceSource*> from;
    bool any = false;
    const auto look = [&](std::size_t model, const std::string& name) -> std::optional<Found> {
      auto found = inputs_[model].find(name);
      any = any || found;
      if (!found) found = inputs_[model].find_tied(name);
      if (!found) {
        lacking.push_back(model);
        return std::nullopt;
      }
      all.push_back({model, *found});
      return all.back();
    };
    const Method& method = *recipe_.method;
    if (wanted.slice->base) base = look(wanted.slice->base->model, wanted.base);
    for (std::size_t i = 0; i < wanted.sources.size(); ++i) {
      const SliceSource& source = wanted.slice->sources[i];
      if (const auto found = look(source.model, wanted.sources[i])) {
        sources.push_back(*found);
        from.push_back(&source);
      }
    }
    if (!any || all.empty()) return std::nullopt;
    if (!same_shapes(wanted, all)) return std::nullopt;
    if (!lacking.empty()) {
      if (task_.request.missing == Missing::error) {
        note_missing(wanted.name, lacking);
        return std::nullopt;
      }
      return tensors_.copy(wanted.name, all.front());
    }
    if (all.size() == 1 && method.name == "passthrough" && parameter(wanted, from.front(), "scale") == 1)
      return tensors_.copy(wanted.name, all.front());
    return merged(wanted, base, sources, from, all);
  }

  bool same_shapes(const Wanted& wanted, const std::vector<Found>& all) {
    const Shape& shape = tensor(all.front()).shape;
    for (const Found& found : all) {
      if (tensor(found).shape == shape) continue;
      shapes_.push_back("'" + escape_controls(shortened(wanted.name)) + "' is " + to_string(shape) + " in " +
                        escape_controls(recipe_.models[all.front().model]) + " and " +
                        to_string(tensor(found).shape) + " in " +
                        escape_controls(recipe_.models[found.model]));
      vocabularies_ = vocabularies_ && has_vocabulary(wanted.name);
      return false;
    }
    return true;
  }

  void note_missing(const std::string& name, const std::vector<std::size_t>& lacking) {
    std::string line = "'" + escape_controls(shortened(name)) + "' is not in ";
    for (std::size_t i = 0; i < lacking.size(); ++i)
      line += (i == 0 ? "" : ", ") + escape_controls(recipe_.models[lacking[i]]);
    absent_.push_back(std::move(line));
  }

  /// The first lines, joined.
  static std::string text_of(const std::vector<std::string>& lines) {
    std::string text;
    for (std::size_t i = 0; i < lines.size() && i < kMostNames; ++i) text += (i == 0 ? "" : "; ") + lines[i];
    if (lines.size() > kMostNames) text += "; and " + with_thousands(lines.size() - kMostNames) + " more";
    return text;
  }

  void refuse_what_differs() const {
    if (!shapes_.empty()) {
      throw RequestError(std::string(vocabularies_ ? "the models have different vocabularies"
                                                   : "the models have different shapes") +
                         ", which are not merged: " + text_of(shapes_));
    }
    if (!absent_.empty()) {
      throw RequestError("the models do not have the same tensors: " + text_of(absent_) +
                         "; --missing=first copies such tensors from the first model that has them");
    }
  }

  const Tensor& tensor(const Found& found) const { return tensors_.tensor(found); }

  double parameter(const Wanted& wanted, const SliceSource* source, std::string_view name) const {
    return parameter_of(recipe_, *wanted.slice, source, {wanted.name, wanted.depth}, name);
  }

  PlannedTensor merged(const Wanted& wanted, const std::optional<Found>& base,
                       const std::vector<Found>& sources, const std::vector<const SliceSource*>& from,
                       const std::vector<Found>& all) {
    MergedTensor merge;
    std::optional<FloatKind> kind = tensors_.asked_kind(wanted.name);
    std::optional<FloatKind> common;
    const auto values = [&](const Found& found) {
      auto numbers = inputs_[found.model].values(found.tensor);
      const FloatKind own = written_kind(tensor(found).dtype);
      common = common ? promoted(*common, own) : own;
      return numbers;
    };
    bool floats = true;
    if (base) {
      merge.base = values(*base);
      floats = merge.base != nullptr;
    }
    for (const Found& source : sources) {
      merge.models.push_back(values(source));
      floats = floats && merge.models.back() != nullptr;
    }
    if (!floats) return same(wanted, all);
    if (!kind) kind = recipe_.promotes ? *common : written_kind(tensor(all.front()).dtype);
    merge.name = wanted.name;
    merge.shape = tensor(all.front()).shape;
    merge.seed = recipe_.seed;
    for (const MethodParameter& known : recipe_.method->parameters) {
      if (known.of_models) {
        for (const SliceSource* source : from)
          merge.by_model[known.name].push_back(parameter(wanted, source, known.name));
      } else {
        merge.by_tensor[known.name] = parameter(wanted, nullptr, known.name);
      }
    }
    return tensors_.rounded(wanted.name, recipe_.method->make(merge), *kind, all.front());
  }

  /// What holds no numbers that could be merged is copied; require_same() holds the models to it.
  PlannedTensor same(const Wanted& wanted, const std::vector<Found>& all) {
    same_.emplace_back(wanted.name, all);
    return tensors_.copy(wanted.name, all.front());
  }

  void require_same(const std::string& name, const std::vector<Found>& all) const {
    const Found& first = all.front();
    for (const Found& other : all) {
      const Tensor& a = tensor(first);
      const Tensor& b = tensor(other);
      const auto refuse = [&](const std::string& why) {
        throw RequestError({recipe_.models[other.model], {}, name}, why);
      };
      if (a.dtype != b.dtype) {
        refuse("is " + std::string(b.dtype.name()) + ", and " + std::string(a.dtype.name()) + " in " +
               escape_controls(recipe_.models[first.model]) + ": these are not merged");
      }
      if (!equal_bytes(inputs_[first.model], first.tensor, inputs_[other.model], other.tensor)) {
        const bool is_part = inputs_[first.model].is_part(first.tensor);
        refuse("is not as in " + escape_controls(recipe_.models[first.model]) + ", and " +
               (is_part ? "a part of an object" : std::string(a.dtype.name())) + " is copied, not merged");
      }
    }
  }

  const MergeTask& task_;
  const Recipe& recipe_;
  const std::vector<MergeInput>& inputs_;
  OutputTensors tensors_;
  std::vector<std::string> absent_;
  std::vector<std::string> shapes_;
  std::vector<std::pair<std::string, std::vector<Found>>> same_;  // by the names of the output
  bool vocabularies_ = true;                                      // only vocabularies differ
};

}  // namespace

std::vector<PlannedTensor> merge_tensors(const MergeTask& task, std::vector<ComputedTensor>& computed) {
  return Merger(task, computed).merge();
}

}  // namespace aerotool::tasks

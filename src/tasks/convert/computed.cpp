#include "tasks/convert/computed.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <utility>

#include "codecs/ggml/types.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "model/float_dtype.hpp"
#include "model/ggml_dtype.hpp"
#include "model/quantized_modules.hpp"
#include "tasks/convert/dtype_choice.hpp"
#include "tasks/convert/quantization_beside.hpp"
#include "tasks/request_error.hpp"
#include "transfer/transforms/quantize_q8_0.hpp"
#include "transfer/transforms/quantized_weights.hpp"
#include "transfer/transforms/values.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::uint32_t kQ8Type = 8;  // ggml's id
constexpr std::uint64_t kQ8Elements = 32;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

bool is_ggml_quantized(const DType& dtype) {
  return dtype.is_packed() && dtype.packed().codec == ggml::kCodec;
}

/// What of a model's tensors is more than a tensor of its own, so that a cast of it alone would change what
/// it means.
class Bound {
 public:
  explicit Bound(const Model& model)
      : scaled_(scaled_float_codes(model.tensors())), objects_(model.objects(), model.tensors().size()) {
    std::ranges::sort(scaled_);
    const auto& tensors = model.tensors();
    for (const QuantizedModule& module : quantized_modules(tensors, model.overview().quantization)) {
      for (const std::uint32_t i : module.tensors) {
        if (i == QuantizedModule::kNone) continue;
        if (in_module_.empty()) in_module_.resize(tensors.size());
        in_module_[i] = true;
      }
    }
  }

  /// It holds codes in F8 that have a scale beside them.
  bool has_scale(std::size_t tensor) const { return std::ranges::binary_search(scaled_, tensor); }
  bool in_module(std::size_t tensor) const { return !in_module_.empty() && in_module_[tensor]; }
  bool in_object(std::size_t tensor) const {
    const Object* object = objects_.of(tensor);
    return object != nullptr && object->parts.size() > 1;
  }

 private:
  std::vector<std::size_t> scaled_;
  std::vector<bool> in_module_;
  ObjectsOfTensors objects_;
};

class Computation {
 public:
  Computation(const ConvertRequest& request, const Listener& listener, Plan& plan)
      : request_(request), listener_(listener), plan_(plan), choices_(request.dtypes) {}

  std::vector<ComputedTensor> run() {
    if (request_.dequantize) decode_modules();
    for (const Model* model : plan_.models) bounds_.emplace_back(*model);
    for (PlannedTensor& planned : plan_.tensors) {
      const Choice* choice = choices_.of(planned.tensor().name);
      if (planned.is_unchanged()) consider(planned, choice);
    }
    tell();
    return std::move(computed_);
  }

 private:
  using Choice = DTypeChoices::Choice;

  const Bound& bound_of(const Model* model) const {
    const auto found = std::ranges::find(plan_.models, model);
    return bounds_[static_cast<std::size_t>(found - plan_.models.begin())];
  }

  /// Weights that several tensors hold between them take the place of these, where all of them are planned.
  void decode_modules() {
    std::vector<PlannedTensor> decoded;
    const auto cache = std::make_shared<quantized::PartCache>();
    for (const Model* model : plan_.models) {
      std::vector<QuantizedWeight> weights = quantized_weights(*model, quantization_beside(*model), cache);
      if (weights.empty()) continue;
      std::vector<std::size_t> places(model->tensors().size(), kNone);  // in the plan
      for (std::size_t i = 0; i < plan_.tensors.size(); ++i) {
        if (plan_.tensors[i].model == model) places[plan_.tensors[i].index] = i;
      }
      for (QuantizedWeight& weight : weights) decode_module(*model, std::move(weight), places, decoded);
    }
    if (decoded.empty()) return;
    std::erase_if(plan_.tensors, [](const PlannedTensor& planned) { return planned.model == nullptr; });
    std::ranges::move(decoded, std::back_inserter(plan_.tensors));
    std::ranges::sort(plan_.tensors, {}, [](const PlannedTensor& planned) { return planned.tensor().name; });
    require_unique();
  }

  void decode_module(const Model& model, QuantizedWeight weight, const std::vector<std::size_t>& places,
                     std::vector<PlannedTensor>& decoded) {
    const auto is_planned = [&](std::size_t tensor) { return places[tensor] != kNone; };
    if (std::ranges::none_of(weight.consumed, is_planned)) return;
    if (!std::ranges::all_of(weight.consumed, is_planned)) {
      throw RequestError(
          {model.path(), {}, weight.name},
          "--include and --exclude leave some of the tensors that hold this quantized weight between "
          "them");
    }
    const Choice* choice = choices_.of(weight.name);
    const TargetType type = choice != nullptr ? choice->type : TargetType(FloatKind::bf16);
    const auto* kind = std::get_if<FloatKind>(&type);
    if (kind == nullptr) throw not_gguf();
    const auto tally = std::make_shared<CastTally>();
    Tensor description;
    description.name = weight.name;
    description.dtype = dtype_of(*kind);
    description.shape = weight.shape;
    computed_.push_back({weight.name, weight.layout, description.dtype, tally, true});
    Cast to{*kind, tally, request_.strict ? Overflow::refuse : Overflow::clip, weight.name};
    decoded.push_back(computed(std::move(description), cast(std::move(weight.values), std::move(to)),
                               {&model, weight.consumed.front()}));
    for (const std::size_t tensor : weight.consumed) plan_.tensors[places[tensor]].model = nullptr;
  }

  void require_unique() const {
    for (std::size_t i = 1; i < plan_.tensors.size(); ++i) {
      const std::string& name = plan_.tensors[i].tensor().name;
      if (plan_.tensors[i - 1].tensor().name != name) continue;
      throw RequestError({plan_.tensors[i].path(), {}, name},
                         "is the name of a tensor, and of a weight to be decoded");
    }
  }

  void consider(PlannedTensor& planned, const Choice* choice) {
    const Tensor& tensor = planned.tensor();
    const bool quantized = is_ggml_quantized(tensor.dtype);
    if (quantized && !request_.dequantize) {
      if (choice != nullptr) ++still_quantized_;
      return;
    }
    if (!quantized && (choice == nullptr || !float_kind(tensor.dtype))) return;
    if (!quantized && !is_free(planned)) return;
    const TargetType type = choice != nullptr ? choice->type : TargetType(FloatKind::bf16);
    const auto values = values_of({planned.model, planned.index});
    if (!values) {
      throw UnsupportedError(
          {planned.path(), {}, tensor.name},
          "cannot be dequantized: " + std::string(tensor.dtype.name()) + " is not decoded");
    }
    if (const auto* kind = std::get_if<FloatKind>(&type)) {
      if (dtype_of(*kind) != tensor.dtype) put_cast(planned, values, *kind);
    } else {
      put_q8_0(planned, values, choice->pattern.has_value());
    }
  }

  /// Whether the tensor means the same by itself in another dtype. Throws UnsupportedError where users would
  /// get wrong weights.
  bool is_free(const PlannedTensor& planned) {
    const Bound& bound = bound_of(planned.model);
    const Tensor& tensor = planned.tensor();
    if (bound.in_object(planned.index)) {
      ++in_objects_;
      return false;
    }
    if (bound.has_scale(planned.index)) {
      throw UnsupportedError(
          {planned.path(), {}, tensor.name},
          "holds the codes of a quantized weight, whose scales lie beside it: a cast alone would make wrong "
          "weights; use --dequantize");
    }
    if (!bound.in_module(planned.index)) return float_kind(tensor.dtype) != FloatKind::f8_e8m0;
    ++in_modules_;
    return false;
  }

  void put_cast(PlannedTensor& planned, const std::shared_ptr<const ValueSource>& values, FloatKind kind) {
    const auto tally = std::make_shared<CastTally>();
    Tensor description = described(planned, dtype_of(kind));
    note(planned, description, tally);
    Cast to{kind, tally, request_.strict ? Overflow::refuse : Overflow::clip, description.name};
    planned = computed(std::move(description), cast(values, std::move(to)), {planned.model, planned.index});
  }

  void put_q8_0(PlannedTensor& planned, const std::shared_ptr<const ValueSource>& values,
                bool asked_by_name) {
    require_gguf(planned);
    const Tensor& tensor = planned.tensor();
    const DType q8_0 = *ggml_dtype(kQ8Type);
    if (tensor.dtype == q8_0) return;
    // As llama-quantize chooses them: what is small, and norms, stay.
    const bool fits = !tensor.shape.empty() && tensor.shape.back() % kQ8Elements == 0 && values->fits_f32();
    const bool is_matrix = tensor.shape.size() >= 2 && tensor.name.ends_with("weight") &&
                           tensor.name.find("_norm.") == std::string::npos;
    if (!fits || !(is_matrix || asked_by_name)) {
      if (is_ggml_quantized(tensor.dtype)) put_cast(planned, values, FloatKind::f16);
      ++not_quantized_;
      return;
    }
    Tensor description = described(planned, q8_0);
    note(planned, description, nullptr);
    auto bytes = quantize_q8_0(values, description.name);
    planned = computed(std::move(description), std::move(bytes), {planned.model, planned.index});
  }

  void require_gguf(const PlannedTensor& planned) const {
    if (request_.target.format != "gguf" || planned.model->overview().format != "GGUF") throw not_gguf();
  }
  static RequestError not_gguf() {
    return RequestError(
        "--dtype q8_0 is for GGUF that is made of GGUF: other formats lack what its readers need");
  }

  static Tensor described(const PlannedTensor& planned, const DType& dtype) {
    Tensor description = planned.tensor();
    description.dtype = dtype;
    description.digest.reset();
    return description;
  }

  void note(const PlannedTensor& planned, const Tensor& description, std::shared_ptr<const CastTally> tally) {
    computed_.push_back(
        {description.name, std::string(planned.tensor().dtype.name()), description.dtype, std::move(tally)});
  }

  void tell() const {
    for (const Pattern& pattern : choices_.unused())
      listener_.warn("--dtype: " + no_match(plan_.models, {pattern}));
    const auto stays = [&](std::size_t count, const std::string& why) {
      if (count != 0)
        listener_.note("--dtype: " + plural(count, "tensor") + " left as " +
                       (count == 1 ? "it is" : "they are") + ": " + why);
    };
    stays(still_quantized_, "quantized; --dequantize decodes them");
    stays(in_modules_, "scales and the like of quantized weights");
    stays(in_objects_, "parts of objects");
    stays(not_quantized_, "vectors, norms and rows that are no multiple of 32 are not quantized");
    if (request_.dequantize && computed_.empty()) listener_.note("--dequantize: nothing is quantized");
  }

  const ConvertRequest& request_;
  const Listener& listener_;
  Plan& plan_;
  DTypeChoices choices_;
  std::vector<Bound> bounds_;  // beside Plan::models
  std::vector<ComputedTensor> computed_;
  std::size_t still_quantized_ = 0;
  std::size_t in_modules_ = 0;
  std::size_t in_objects_ = 0;
  std::size_t not_quantized_ = 0;
};

}  // namespace

std::vector<ComputedTensor> compute_tensors(const ConvertRequest& request, const Listener& listener,
                                            Plan& plan) {
  if (request.dtypes.empty() && !request.dequantize) return {};
  return Computation(request, listener, plan).run();
}

std::string text_of(const CastCounts& counts) {
  std::string text;
  const auto add = [&](std::uint64_t count, const std::string& what) {
    if (count != 0) text += (text.empty() ? "" : ", ") + what;
  };
  add(counts.clipped, plural(counts.clipped, "value") + " clipped");
  add(counts.flushed, plural(counts.flushed, "value") + " flushed to zero");
  add(counts.nan, with_thousands(counts.nan) + " NaN");
  return text;
}

void tell_of_casts(const std::vector<ComputedTensor>& computed, const std::string& output,
                   const Listener& listener) {
  CastCounts all;
  std::size_t touched = 0;
  for (const ComputedTensor& tensor : computed) {
    if (!tensor.tally) continue;
    const CastCounts counts = tensor.tally->counts();
    if (!counts.any()) continue;
    ++touched;
    all.add(counts);
    listener.detail(output + ": '" + escape_controls(tensor.name) + "', " + tensor.from + " to " +
                    std::string(tensor.to.name()) + ": " + text_of(counts));
  }
  if (touched == 0) return;
  listener.note(output + ": " + text_of(all) + ", in " + with_thousands(touched) + " of " +
                plural(computed.size(), "converted tensor"));
}

}  // namespace aerotool::tasks

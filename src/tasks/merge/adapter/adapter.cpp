#include "tasks/merge/adapter/adapter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "io/interrupt.hpp"
#include "io/relative_path.hpp"
#include "tasks/merge/adapter/adapter_key.hpp"
#include "tasks/merge/adapter/peft_config.hpp"
#include "tasks/text_beside.hpp"
#include "transfer/transforms/values.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kConfig = "adapter_config.json";
constexpr std::string_view kPeftPrefix = "base_model.model.";
constexpr std::string_view kDiffusersKey = "lora_adapter_metadata";

/// The name without a part of it, wherever that stands between dots or at the end.
std::string without(const std::string& name, std::string_view part) {
  std::string rest;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t found = std::min(name.find(part, at), name.size());
    const std::size_t end = found + part.size();
    const bool is_whole = end == name.size() || (end < name.size() && name[end] == '.');
    rest.append(name, at, is_whole ? found - at : end - at);
    at = end;
  }
  return rest;
}

class Reading {
 public:
  explicit Reading(const Model& model) : model_(model), metadata_(model.metadata()) {}

  Adapter read() {
    choose_kind();
    for (std::size_t i = 0; i < model_.tensors().size(); ++i) add(i);
    for (const auto& [module, pair] : pairs_) {
      io::check_interrupt();
      adapter_.changes.push_back(change(module, pair));
    }
    for (const auto& [name, tensor] : whole_) adapter_.whole.push_back({name, tensor});
    if (adapter_.changes.empty() && adapter_.whole.empty())
      throw UnsupportedError({model_.path(), {}, {}}, "is no LoRA adapter");
    return std::move(adapter_);
  }

 private:
  struct Pair {
    std::optional<std::size_t> down, up, alpha;
    bool embedding = false;
    bool underscored = false;
  };

  [[noreturn]] void refuse(std::size_t tensor, const std::string& why) const {
    throw UnsupportedError({model_.path_of(tensor), {}, model_.tensors()[tensor].name}, why);
  }
  [[noreturn]] void corrupt(std::size_t tensor, const std::string& why) const {
    throw CorruptError({model_.path_of(tensor), {}, model_.tensors()[tensor].name}, why);
  }

  void choose_kind() {
    if (metadata_.text("general.type") == "adapter") {
      adapter_.kind = Adapter::Kind::gguf;
      read_gguf();
    } else if (std::ranges::any_of(model_.tensors(), [](const Tensor& tensor) {
                 return tensor.name.starts_with(kPeftPrefix);
               })) {
      adapter_.kind = Adapter::Kind::peft;
      const std::string text = text_beside(model_, model_.side_files().files, kConfig);
      if (text.empty()) {
        throw UnsupportedError(
            {model_.path(), {}, {}},
            "has no " + std::string(kConfig) + " beside it, which says what its matrices are multiplied by");
      }
      const std::string path = io::directory_of(model_.path()) + "/" + std::string(kConfig);
      peft_.emplace(json_of_file(text, path), path);
      adapter_.fan_in_fan_out = peft_->fan_in_fan_out();
    } else if (const auto said = metadata_.text(kDiffusersKey); !said.empty()) {
      read_diffusers(said);
    }
  }

  void read_gguf() {
    const auto refuse_all = [&](const std::string& why) {
      throw UnsupportedError({model_.path(), {}, {}}, why);
    };
    const auto type = metadata_.text("adapter.type");
    if (type != "lora") refuse_all("adapter.type " + shown(type) + " is not merged: only lora is");
    if (metadata_.find("adapter.alora.invocation_tokens") != nullptr) refuse_all("aLoRA is not merged");
    const Value* const alpha = metadata_.find("adapter.lora.alpha");
    if (alpha == nullptr) return;
    const bool is_number =
        alpha->is_integer() || alpha->type == ValueType::f32 || alpha->type == ValueType::f64;
    gguf_alpha_ = is_number ? alpha->as_double() : std::nan("");
    if (!std::isfinite(gguf_alpha_))
      throw CorruptError({model_.path(), {}, {}}, "adapter.lora.alpha is no number");
  }

  /// An object of what PEFT's configuration says, with the name of a component before each key.
  void read_diffusers(std::string_view said) {
    const Value all = json_of_file(said, model_.path());
    if (all.type != ValueType::map) return;
    std::map<std::string, MapItems, std::less<>> components;
    for (const auto& [key, value] : all.map()) {
      const std::string_view name = key.text();
      const std::size_t dot = name.find('.');
      if (dot == std::string_view::npos) continue;
      components[std::string(name.substr(0, dot))].emplace_back(
          Value::string(std::string(name.substr(dot + 1))), value);
    }
    for (auto& [component, items] : components) {
      diffusers_.emplace(component, PeftConfig(Value::map(std::move(items)),
                                               model_.path() + ": " + std::string(kDiffusersKey)));
    }
  }

  void add(std::size_t tensor) {
    const std::string& name = model_.tensors()[tensor].name;
    AdapterKey key = adapter_key(name, model_.path_of(tensor));
    if (adapter_.kind == Adapter::Kind::peft) {
      if (key.part == AdapterPart::alpha) key = {AdapterPart::whole, name, false};
      if (!name.starts_with(kPeftPrefix)) refuse(tensor, "is no name that PEFT gives");
      key.module.erase(0, kPeftPrefix.size());
      key.module = without(key.module, ".base_layer");
    } else if (key.part == AdapterPart::whole) {
      refuse(tensor, "is no part of a LoRA adapter");
    }
    if (key.part == AdapterPart::whole) {
      add_whole(key.module, tensor);
      return;
    }
    Pair& pair = pairs_[key.module];
    pair.underscored = key.underscored;
    const bool embeds = key.part == AdapterPart::embedding_down || key.part == AdapterPart::embedding_up;
    pair.embedding = pair.embedding || embeds;
    auto& place = key.part == AdapterPart::alpha                                             ? pair.alpha
                  : key.part == AdapterPart::down || key.part == AdapterPart::embedding_down ? pair.down
                                                                                             : pair.up;
    if (place) corrupt(tensor, "is a second one for " + shown(key.module));
    place = tensor;
  }

  /// With its biases PEFT saves those of a module that is trained as a whole three times: as the base's, as
  /// the trained ones, and under the module's own name.
  void add_whole(const std::string& name, std::size_t tensor) {
    if (without(name, ".original_module") != name) return;
    std::string plain = without(name, ".modules_to_save");
    if (plain == name) {
      whole_[std::move(plain)] = tensor;
    } else {
      whole_.emplace(std::move(plain), tensor);
    }
  }

  AdapterChange change(const std::string& module, const Pair& pair) const {
    if (!pair.down || !pair.up) {
      const std::size_t there = pair.down ? *pair.down : pair.up ? *pair.up : *pair.alpha;
      corrupt(there, std::string("has no ") + (pair.down ? "second" : "first") + " matrix beside it");
    }
    AdapterChange change{module, pair.underscored, pair.embedding, *pair.down, *pair.up, 0, 1};
    change.rank = rank_of(change);
    for (const std::size_t matrix : {change.down, change.up}) {
      if (!values_of({&model_, matrix})) refuse(matrix, "holds no floating-point numbers");
    }
    change.scale = scale_of(change, pair);
    if (!std::isfinite(change.scale))
      corrupt(pair.alpha.value_or(change.up), "makes the product's factor no finite number");
    return change;
  }

  /// The two matrices have to agree on it.
  std::uint64_t rank_of(const AdapterChange& change) const {
    const Shape& down = model_.tensors()[change.down].shape;
    const Shape& up = model_.tensors()[change.up].shape;
    const auto differ = [&] {
      corrupt(change.up, "has the shape " + to_string(up) + ", which does not go with " + to_string(down) +
                             " of " + shown(model_.tensors()[change.down].name));
    };
    if (down.size() < 2 || up.size() < 2) differ();
    std::uint64_t rank = up[1];
    if (adapter_.kind == Adapter::Kind::gguf) {
      // token_embd has the rank last in both matrices.
      rank = up.back();
      if (up.size() != down.size() || up.size() > 3) differ();
      if (down[down.size() - 2] != rank && down.back() != rank) differ();
    } else if (down[0] != rank ||
               !std::all_of(up.begin() + 2, up.end(), [](auto size) { return size == 1; })) {
      differ();
    }
    if (rank == 0) corrupt(change.up, "has a rank of 0");
    return rank;
  }

  double scale_of(const AdapterChange& change, const Pair& pair) const {
    const auto rank = static_cast<double>(change.rank);
    if (pair.alpha) return alpha(*pair.alpha) / rank;
    if (adapter_.kind == Adapter::Kind::gguf) return gguf_alpha_ == 0 ? 1 : gguf_alpha_ / rank;
    if (peft_) return scale_by(*peft_, change, change.module);
    const std::size_t dot = change.module.find('.');
    const auto component = diffusers_.find(std::string_view(change.module).substr(0, dot));
    if (component == diffusers_.end() || dot == std::string::npos) return 1;
    return scale_by(component->second, change, change.module.substr(dot + 1));
  }

  double scale_by(const PeftConfig& config, const AdapterChange& change, const std::string& module) const {
    const std::uint64_t said = config.rank_of(module);
    if (said != change.rank) {
      corrupt(change.down, "has a rank of " + std::to_string(change.rank) + ", and " + config.path() +
                               " says " + std::to_string(said));
    }
    return config.scale_of(module);
  }

  double alpha(std::size_t tensor) const {
    const auto values = values_of({&model_, tensor});
    if (!values || values->count() != 1) corrupt(tensor, "is no number");
    std::array<double, 1> number{};
    values->read(0, std::span<double>(number));
    return number[0];
  }

  const Model& model_;
  Metadata metadata_;
  Adapter adapter_;
  std::map<std::string, Pair> pairs_;         // by module
  std::map<std::string, std::size_t> whole_;  // by name
  std::optional<PeftConfig> peft_;
  std::map<std::string, PeftConfig, std::less<>> diffusers_;  // by component
  double gguf_alpha_ = 0;
};

}  // namespace

Adapter read_adapter(const Model& model) {
  return Reading(model).read();
}

}  // namespace aerotool::tasks

#include "tasks/merge/adapter/lora_tensors.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "tasks/merge/adapter/adapter.hpp"
#include "tasks/merge/adapter/base_modules.hpp"
#include "tasks/merge/layers.hpp"
#include "tasks/request_error.hpp"
#include "transfer/transforms/low_rank.hpp"
#include "transfer/transforms/merge/sums.hpp"
#include "transfer/transforms/values.hpp"

namespace aerotool::tasks {
namespace {

/// So many names does a message hold.
constexpr std::size_t kMostNames = 5;

/// How the product of the matrices lies in the weight.
enum class Layout {
  straight,  ///< [out, in]
  turned,    ///< [in, out]
  either,    ///< it is square
  none       ///< its shape is another
};

/// Of all dimensions but the first; nothing where that passes 2^64.
std::optional<std::uint64_t> columns_of(const Shape& shape) {
  std::uint64_t columns = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) {
    const auto product = checked_mul(columns, shape[i]);
    if (!product) return std::nullopt;
    columns = *product;
  }
  return columns;
}

Layout layout_of(const Shape& base, const Shape& down, const Shape& up) {
  if (base.empty()) return Layout::none;
  const std::uint64_t out = up[0];
  const auto in = columns_of(down);
  const bool straight = in && base[0] == out && columns_of(base) == in;
  const bool turned = in && base.size() == 2 && base[0] == in && base[1] == out;
  if (straight && turned) return Layout::either;
  if (straight) return Layout::straight;
  return turned ? Layout::turned : Layout::none;
}

/// What becomes of one tensor of the base.
struct Changes {
  /// What takes its place; its weight says how far.
  std::optional<merging::Weighted> whole;
  std::vector<LowRank> products;
  std::uint64_t columns = 0;  ///< of the products
};

/// By the tensors' numbers in the base.
using AllChanges = std::map<std::size_t, Changes>;

/// Merges one adapter into what is planned.
class AdapterMerger {
 public:
  AdapterMerger(const MergeTask& task, const BaseModules& modules, const SliceSource& source,
                AllChanges& changes)
      : task_(task),
        slice_(task.recipe.slices.front()),
        source_(source),
        base_(task.inputs[slice_.base->model]),
        layers_(layer_count(base_.model())),
        model_(task.inputs[source_.model].model()),
        adapter_(read_adapter(model_)),
        modules_(modules),
        changes_(changes) {}

  void merge() {
    std::vector<std::pair<const AdapterChange*, std::size_t>> found;
    std::map<std::size_t, std::string> taken;
    for (const AdapterChange& change : adapter_.changes) {
      const auto match = modules_.find(change.module, change.underscored);
      if (match.tensor) {
        take(taken, *match.tensor, change.module);
        found.emplace_back(&change, *match.tensor);
      } else if (match.ambiguous.empty()) {
        lost_.push_back(change.module);
      } else {
        refuse(change.down, "may be for " + shown(match.ambiguous[0]) + " or for " +
                                shown(match.ambiguous[1]) + " of " + path_of_base());
      }
    }
    std::vector<std::pair<const AdapterWhole*, std::size_t>> whole;
    for (const AdapterWhole& tensor : adapter_.whole) {
      if (const auto match = modules_.find_whole(tensor.name)) {
        whole.emplace_back(&tensor, *match);
      } else {
        lost_.push_back(tensor.name);
      }
    }
    refuse_what_is_lost();
    judge_squares(found);
    for (const auto& [change, tensor] : found) add(*change, tensor);
    for (const auto& [tensor, place] : whole) put(*tensor, place);
  }

 private:
  [[noreturn]] void refuse(std::size_t tensor, const std::string& why) const {
    throw RequestError({model_.path_of(tensor), {}, model_.tensors()[tensor].name}, why);
  }

  std::string path_of_base() const { return escape_controls(base_.model().path()); }
  const Shape& shape(std::size_t tensor) const { return model_.tensors()[tensor].shape; }

  void take(std::map<std::size_t, std::string>& taken, std::size_t tensor, const std::string& module) const {
    const auto [place, is_first] = taken.emplace(tensor, module);
    if (is_first) return;
    throw RequestError({model_.path(), {}, {}}, shown(place->second) + " and " + shown(module) +
                                                    " are both for " + shown(base_.tensor(tensor).name) +
                                                    " of the base");
  }

  void refuse_what_is_lost() const {
    if (lost_.empty()) return;
    const bool has_ggml_names = base_.find("token_embd.weight").has_value();
    std::string hint;
    if (has_ggml_names && adapter_.kind != Adapter::Kind::gguf)
      hint = "; the base has the names of GGUF, for which an adapter is converted to GGUF as well";
    if (!has_ggml_names && adapter_.kind == Adapter::Kind::gguf)
      hint = "; the adapter has the names of GGUF, and the base has not";
    throw RequestError({model_.path(), {}, {}}, "holds what fits nothing in " + path_of_base() + ": " +
                                                    listed(lost_, kMostNames, Quotes::yes) + hint);
  }

  /// A square weight does not tell how it lies. PEFT's configuration does, as long as nothing else of the
  /// adapter says the opposite.
  void judge_squares(const std::vector<std::pair<const AdapterChange*, std::size_t>>& found) {
    bool any_straight = false;
    bool any_turned = false;
    const AdapterChange* square = nullptr;
    for (const auto& [change, tensor] : found) {
      if (change->embedding || adapter_.kind != Adapter::Kind::peft) continue;
      const Layout layout = layout_of(base_.tensor(tensor).shape, shape(change->down), shape(change->up));
      any_straight = any_straight || layout == Layout::straight;
      any_turned = any_turned || layout == Layout::turned;
      if (layout == Layout::either && square == nullptr) square = change;
    }
    if (square != nullptr && (adapter_.fan_in_fan_out ? any_straight : any_turned)) {
      refuse(square->down, std::string("is for a square weight, and fan_in_fan_out is ") +
                               (adapter_.fan_in_fan_out ? "true" : "false") +
                               ", which other weights of the adapter contradict");
    }
  }

  double weight(std::size_t tensor) const {
    const std::string& name = base_.tensor(tensor).name;
    const auto layer = layer_of(name);
    return parameter_of(task_.recipe, slice_, &source_, {name, layer ? depth_of(*layer, layers_) : 0},
                        "weight");
  }

  void add(const AdapterChange& change, std::size_t tensor) {
    const Shape& base = base_.tensor(tensor).shape;
    LowRank product;
    product.rank = change.rank;
    product.factor = change.scale * weight(tensor);
    product.left.values = values_of({&model_, change.up});
    product.right.values = values_of({&model_, change.down});
    const auto differ = [&] {
      refuse(change.down, "has the shape " + to_string(shape(change.down)) + ", and " +
                              shown(model_.tensors()[change.up].name) + " " + to_string(shape(change.up)) +
                              ": their product does not fit " + shown(base_.tensor(tensor).name) + ", " +
                              to_string(base));
    };
    if (adapter_.kind == Adapter::Kind::gguf) {
      if (!lay_gguf(change, base, product)) differ();
    } else {
      const Layout layout = layout_of(base, shape(change.down), shape(change.up));
      bool turned = layout == Layout::turned;
      if (layout == Layout::either) turned = change.embedding || adapter_.fan_in_fan_out;
      const bool may_turn = adapter_.kind == Adapter::Kind::peft;
      if (layout == Layout::none || (turned && !may_turn) || (change.embedding && !turned)) differ();
      if (turned) turn(product);
    }
    Changes& changes = changes_[tensor];
    const std::uint64_t columns =
        adapter_.kind == Adapter::Kind::gguf ? base.back() : columns_of(base).value_or(0);
    if (!changes.products.empty() && changes.columns != columns) differ();
    changes.columns = columns;
    changes.products.push_back(std::move(product));
  }

  /// (B A)^T = A^T B^T
  static void turn(LowRank& product) {
    std::swap(product.left.values, product.right.values);
    product.left.turned = true;
    product.right.turned = true;
  }

  /// False where the shapes do not fit.
  bool lay_gguf(const AdapterChange& change, const Shape& base, LowRank& product) const {
    const Shape& down = shape(change.down);
    const Shape& up = shape(change.up);
    if (base.size() == 2 && down.size() == 2 && change.module == "token_embd") {
      // Its first matrix is stored turned: [words, rank].
      if (down[1] != change.rank || base[0] != down[0] || base[1] != up[0]) return false;
      std::swap(product.left.values, product.right.values);
      product.right.turned = true;
      return true;
    }
    if (base.size() != down.size() || down[down.size() - 2] != change.rank) return false;
    if (base.back() != down.back() || base[base.size() - 2] != up[up.size() - 2]) return false;
    if (base.size() == 3) {
      if (base[0] != down[0] || base[0] != up[0]) return false;
      product.matrices = base[0];
    }
    return true;
  }

  void put(const AdapterWhole& whole, std::size_t tensor) {
    const Shape& base = base_.tensor(tensor).shape;
    if (shape(whole.tensor) != base) {
      refuse(whole.tensor,
             "has the shape " + to_string(shape(whole.tensor)) + ", and " + to_string(base) + " in " +
                 path_of_base() +
                 (has_vocabulary(base_.tensor(tensor).name) ? ": another vocabulary is not merged"
                                                            : ", whose place it takes"));
    }
    auto& place = changes_[tensor].whole;
    if (place) refuse(whole.tensor, "takes the place of a tensor of the base, as another tensor does");
    auto values = values_of({&model_, whole.tensor});
    if (!values) refuse(whole.tensor, "holds no floating-point numbers");
    place = merging::Weighted{std::move(values), weight(tensor)};
  }

  const MergeTask& task_;
  const Slice& slice_;
  const SliceSource& source_;
  const MergeInput& base_;
  std::uint64_t layers_;
  const Model& model_;
  Adapter adapter_;
  const BaseModules& modules_;
  AllChanges& changes_;
  std::vector<std::string> lost_;
};

}  // namespace

std::vector<PlannedTensor> lora_tensors(const MergeTask& task, std::vector<ComputedTensor>& computed) {
  const Slice& slice = task.recipe.slices.front();
  const std::size_t of_base = slice.base->model;
  const MergeInput& base = task.inputs[of_base];
  AllChanges changes;
  const BaseModules modules(base);
  for (const SliceSource& source : slice.sources) AdapterMerger(task, modules, source, changes).merge();
  OutputTensors tensors(task, computed);
  std::vector<PlannedTensor> planned;
  for (const std::uint32_t i : base.by_name()) {
    const Tensor& tensor = base.tensor(i);
    const auto change = changes.find(i);
    if (change == changes.end()) {
      planned.push_back(tensors.copy(tensor.name, {of_base, i}));
      continue;
    }
    merging::Values values = base.values(i);
    if (!values) {
      throw RequestError(
          {base.model().path_of(i), {}, tensor.name},
          (base.is_part(i) ? "is a part of an object" : "is " + std::string(tensor.dtype.name())) +
              ", to which an adapter adds nothing");
    }
    auto& [whole, products, columns] = change->second;
    if (whole)
      values = whole->weight == 1 ? whole->values
                                  : merging::task_arithmetic(std::move(values), {*whole}, 1, false);
    if (!products.empty()) values = with_low_rank(std::move(values), columns, std::move(products));
    const FloatKind kind = tensors.asked_kind(tensor.name).value_or(written_kind(tensor.dtype));
    planned.push_back(tensors.rounded(tensor.name, std::move(values), kind, {of_base, i}));
  }
  return tensors.in_order(std::move(planned));
}

}  // namespace aerotool::tasks

#include "formats/torch/pickled.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/python_names.hpp"
#include "formats/torch/globals.hpp"
#include "formats/torch/shares.hpp"

namespace aerotool::torch {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;
using Ids = std::span<const NodeId>;

namespace {

/// The items of a tuple or list, also where a call makes one of them (torch.Size); nothing for any other.
std::optional<Ids> sequence(const Nodes& nodes, NodeId id) {
  for (int levels = 0; levels < 2; ++levels) {
    const Kind kind = nodes.kind(id);
    if (kind == Kind::tuple || kind == Kind::list) return nodes.items(id);
    const Meaning meaning = meaning_of_call(nodes, id);
    const Ids arguments = nodes.items(nodes.arguments(id));
    if (meaning == Meaning::sequence && arguments.empty()) return arguments;
    if ((meaning != Meaning::sequence && meaning != Meaning::itself) || arguments.empty())
      return std::nullopt;
    id = arguments[0];
  }
  return std::nullopt;
}

std::string text_of(const Nodes& nodes, NodeId id) {
  const Kind kind = nodes.kind(id);
  return kind == Kind::text || kind == Kind::bytes ? std::string(nodes.text(id)) : std::string();
}

}  // namespace

class Pickled::Builder final : public pickle::Handler {
 public:
  Builder(std::string path, KnownIds known) : known_(std::move(known)), path_(std::move(path)) {}

  /// Lets go of what only reading needs: there may be millions of each.
  void settle() {
    std::unordered_map<std::string, std::size_t>().swap(by_key_);
    std::vector<Window>().swap(windows_);
    known_.storages.shrink_to_fit();
    known_.tensors.shrink_to_fit();
  }

  void forget_storages() { std::vector<Storage>().swap(known_.storages); }
  void forget_tensors() { std::vector<PickledTensor>().swap(known_.tensors); }

  void called(Nodes& nodes, NodeId call, std::uint64_t offset) override {
    offset_ = offset;
    const NodeId target = nodes.target(call);
    if (nodes.kind(target) != Kind::global) return;
    const Meaning meaning = meaning_of(nodes.global(target));
    const auto record = make(nodes, meaning, nodes.global(target), nodes.items(nodes.arguments(call)));
    if (record) nodes.become_record(call, *record);
  }

  void named(Nodes& nodes, NodeId persistent, std::uint64_t offset) override {
    offset_ = offset;
    const NodeId value = nodes.persistent_value(persistent);
    if (known_.tensor_of) {
      const auto tensor = known_.tensor_of(nodes, value);
      if (!tensor || *tensor >= known_.tensors.size())
        refuse("a persistent id is " + nodes.describe(value) + ", which names no tensor");
      nodes.become_record(persistent, record(Made::tensor, *tensor));
      return;
    }
    nodes.become_record(persistent, storage_of(nodes, value));
  }

  bool take_items(Nodes& nodes, NodeId target, pickle::Change /*change*/, Ids /*items*/,
                  std::uint64_t offset) override {
    offset_ = offset;
    if (nodes.kind(target) != Kind::call) return false;
    switch (meaning_of_call(nodes, target)) {
      case Meaning::mapping:
      case Meaning::default_mapping:
      case Meaning::sequence:
      case Meaning::unknown:
      case Meaning::itself:
      case Meaning::instance:
        return false;
      default:
        refuse("items are given to " + nodes.describe(target) + ", which is no container");
    }
  }

  const KnownIds& known() const { return known_; }
  const std::vector<PickledObject>& objects() const { return objects_; }
  const std::vector<std::string>& unread_tensors() const { return unread_; }
  const std::vector<std::string>& called_globals() const { return called_; }
  const std::vector<PickledShare>& shares() const { return shares_; }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw CorruptError({path_, offset_, {}}, why); }

  static pickle::Record record(Made made, std::size_t number) {
    return {static_cast<std::uint64_t>(made), number};
  }

  void tell_called(const pickle::Global& global) {
    if (told_.insert(global.full_name()).second) called_.push_back(global.full_name());
  }

  pickle::Record unread(std::string why) {
    if (unread_.size() == kMaxTensors) refuse_count();
    unread_.push_back(std::move(why));
    return record(Made::unread, unread_.size() - 1);
  }

  [[noreturn]] void refuse_count() const {
    throw UnsupportedError({path_, offset_, {}},
                           "the pickle has more than " + with_thousands(kMaxTensors) + " tensors");
  }

  std::optional<pickle::Record> make(const Nodes& nodes, Meaning meaning, const pickle::Global& global,
                                     Ids arguments) {
    switch (meaning) {
      case Meaning::tensor:
      case Meaning::tensor_v2:
      case Meaning::tensor_v3:
        return strided(nodes, meaning, arguments);
      case Meaning::parameter:
        return first_tensor(nodes, global, arguments);
      case Meaning::from_type:
        return from_type(nodes, arguments);
      case Meaning::sparse:
        return sparse(nodes, arguments);
      case Meaning::quantized:
        return quantized(nodes, arguments);
      case Meaning::nested:
        return nested(nodes, arguments);
      case Meaning::meta:
        return meta(nodes, arguments);
      case Meaning::unread_tensor:
        return unread("is made by " + shown(global.full_name()) + ", which is not read");
      case Meaning::instance:
        // copyreg._reconstructor(class, base, state) asks the base to make what is not a plain object.
        if (global.name == "_reconstructor" && arguments.size() > 1 &&
            nodes.kind(arguments[1]) == Kind::global &&
            !pickle::is_global(nodes, arguments[1], "builtins", "object"))
          tell_called(nodes.global(arguments[1]));
        return std::nullopt;
      case Meaning::attribute:
        if (arguments.size() != 2 || nodes.kind(arguments[0]) != Kind::global ||
            !is_enumeration(nodes.global(arguments[0])) || nodes.kind(arguments[1]) != Kind::text)
          tell_called(global);
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  std::uint64_t number(const Nodes& nodes, NodeId id, std::string_view what) const {
    if (nodes.kind(id) != Kind::integer || nodes.integer(id) < 0)
      refuse("a tensor has " + nodes.describe(id) + " as its " + std::string(what));
    return static_cast<std::uint64_t>(nodes.integer(id));
  }

  Shape numbers(const Nodes& nodes, NodeId id, std::string_view what) const {
    const auto items = sequence(nodes, id);
    if (!items) refuse("a tensor has " + nodes.describe(id) + " as its " + std::string(what));
    if (items->size() > kMaxRank) {
      throw UnsupportedError({path_, offset_, {}}, "a tensor has a rank of " + with_thousands(items->size()) +
                                                       "; at most " + std::to_string(kMaxRank) +
                                                       " are handled");
    }
    Shape shape;
    for (const NodeId item : *items) shape.push_back(number(nodes, item, what));
    return shape;
  }

  std::optional<std::size_t> made(const Nodes& nodes, NodeId id, Made wanted) const {
    if (nodes.kind(id) != Kind::record || Pickled::made(nodes.record(id)) != wanted) return std::nullopt;
    return Pickled::number(nodes.record(id));
  }

  /// Of a storage, where the elements begin, sizes and strides.
  PickledTensor view(const Nodes& nodes, Ids arguments) const {
    const auto window = made(nodes, arguments[0], Made::storage);
    if (!window) refuse("a tensor has " + nodes.describe(arguments[0]) + " as its storage");
    PickledTensor tensor;
    tensor.storage = windows_[*window].storage;
    tensor.type = known_.storages[tensor.storage].type;
    const auto begin = checked_add(windows_[*window].begin, number(nodes, arguments[1], "offset"));
    if (!begin) refuse("a tensor begins outside of all numbers");
    tensor.begin = *begin;
    tensor.shape = numbers(nodes, arguments[2], "size");
    set_strides(tensor, numbers(nodes, arguments[3], "stride"));
    return tensor;
  }

  void set_strides(PickledTensor& tensor, const Shape& strides) const {
    if (strides.size() != tensor.shape.size()) {
      refuse("a tensor has " + plural(tensor.shape.size(), "dimension") + " and " +
             plural(strides.size(), "stride"));
    }
    std::vector<std::int64_t> steps(strides.begin(), strides.end());
    // Those of no steps mean nothing.
    const bool is_empty = std::ranges::find(tensor.shape, 0U) != tensor.shape.end();
    StridedView all{0, tensor.shape, steps};
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (is_empty || tensor.shape[i] == 1) all.strides[i] = 0;
    }
    if (!is_empty && !is_row_major(all)) tensor.strides = std::move(all.strides);
  }

  std::size_t add(PickledTensor tensor) {
    if (known_.tensors.size() == kMaxTensors) refuse_count();
    known_.tensors.push_back(std::move(tensor));
    return known_.tensors.size() - 1;
  }

  std::optional<pickle::Record> strided(const Nodes& nodes, Meaning meaning, Ids arguments) {
    // The storage, where its elements begin, sizes, strides; of the later ones whether a gradient is wanted,
    // and hooks; a dtype; what else there is to say.
    const std::size_t least = meaning == Meaning::tensor ? 4 : meaning == Meaning::tensor_v2 ? 6 : 7;
    if (arguments.size() < least) refuse("a tensor is made of " + plural(arguments.size(), "argument"));
    PickledTensor tensor = view(nodes, arguments);
    if (meaning == Meaning::tensor_v3) {
      const NodeId dtype = arguments[6];
      tensor.type = nodes.kind(dtype) == Kind::global ? dtype_global(nodes.global(dtype)) : nullptr;
      if (tensor.type == nullptr) refuse("a tensor has " + nodes.describe(dtype) + " as its dtype");
    }
    if (tensor.type->is_quantized)
      return unread("is quantized, and not made as such tensors are: it is not read");
    const std::size_t more = least;
    if (meaning != Meaning::tensor && arguments.size() > more) {
      const auto is_set = [&](std::string_view name) {
        const NodeId value = nodes.find(arguments[more], name);
        return value != pickle::kNoNode && (nodes.kind(value) != Kind::boolean || nodes.boolean(value));
      };
      tensor.is_conjugate = is_set("conj");
      tensor.is_negated = is_set("neg");
      if ((tensor.is_conjugate && !tensor.type->is_complex()) ||
          (tensor.is_negated && !tensor.type->has_sign_bit))
        return unread("is stored negated or conjugate, which is not read of " +
                      std::string(tensor.type->name));
    }
    return record(Made::tensor, add(std::move(tensor)));
  }

  void keep_share(const Nodes& nodes, Ids arguments) {
    Share share = share_of(nodes, arguments);
    PickledShare kept{unread_.size(),         kNone,           share.type,
                      std::move(share.shape), share.cut_along, std::move(share.problem)};
    if (kept.problem.empty() && Pickled::made(nodes.record(share.local)) != Made::tensor)
      kept.problem = "has a part that is not read";
    if (kept.problem.empty())
      kept.local = static_cast<std::uint32_t>(Pickled::number(nodes.record(share.local)));
    shares_.push_back(std::move(kept));
  }

  std::optional<pickle::Record> first_tensor(const Nodes& nodes, const pickle::Global& global,
                                             Ids arguments) const {
    if (arguments.empty() || nodes.kind(arguments[0]) != Kind::record)
      refuse(shown(global.full_name()) + " has no tensor as its first argument");
    return nodes.record(arguments[0]);
  }

  std::optional<pickle::Record> from_type(const Nodes& nodes, Ids arguments) {
    if (arguments.size() < 3) refuse("a tensor is made of " + plural(arguments.size(), "argument"));
    const NodeId function = arguments[0];
    const NodeId type = arguments[1];
    if (nodes.kind(function) != Kind::global || nodes.kind(type) != Kind::global)
      refuse("a tensor is made by " + nodes.describe(function) + ", of the class " + nodes.describe(type));
    const auto items = sequence(nodes, arguments[2]);
    if (!items) refuse("a tensor has " + nodes.describe(arguments[2]) + " as what it is made of");
    const pickle::Global& global = nodes.global(function);
    const Meaning meaning = meaning_of(global);
    if (meaning == Meaning::unknown || meaning == Meaning::value || meaning == Meaning::attribute) {
      tell_called(global);
      return unread("is made by " + shown(global.full_name()) + ", which is not known");
    }
    if (!is_plain_tensor_class(nodes.global(type))) {
      if (is_distributed(nodes.global(type)) && global.name == "_rebuild_wrapper_subclass")
        keep_share(nodes, arguments);
      return unread(reason_of_class(nodes.global(type)));
    }
    // One that is made of another one by this function again would be nested without end.
    if (meaning == Meaning::from_type)
      return unread("is made of what is made in the same way: it is not read");
    const auto made = make(nodes, meaning, global, *items);
    return made ? made : unread("is made by " + shown(global.full_name()) + ", which makes no tensor");
  }

  /// Has a shape, and no bytes anywhere.
  std::optional<pickle::Record> meta(const Nodes& nodes, Ids arguments) {
    if (arguments.size() < 3) refuse("a tensor is made of " + plural(arguments.size(), "argument"));
    PickledTensor tensor;
    const NodeId dtype = arguments[0];
    tensor.type = nodes.kind(dtype) == Kind::global ? dtype_global(nodes.global(dtype)) : nullptr;
    if (tensor.type == nullptr) refuse("a tensor has " + nodes.describe(dtype) + " as its dtype");
    tensor.shape = numbers(nodes, arguments[1], "size");
    return record(Made::tensor, add(std::move(tensor)));
  }

  /// A part of an object: a tensor that has been made.
  std::uint32_t part(const Nodes& nodes, NodeId id) const {
    const auto tensor = made(nodes, id, Made::tensor);
    if (!tensor) refuse("a tensor has " + nodes.describe(id) + " as one of its parts");
    return static_cast<std::uint32_t>(*tensor);
  }

  pickle::Record add(PickledObject object) {
    if (objects_.size() == kMaxTensors) refuse_count();
    objects_.push_back(std::move(object));
    return record(Made::object, objects_.size() - 1);
  }

  std::optional<pickle::Record> sparse(const Nodes& nodes, Ids arguments) {
    if (arguments.size() != 2) refuse("a sparse tensor is made of " + plural(arguments.size(), "argument"));
    const Ids layout = nodes.items(nodes.arguments(arguments[0]));
    const auto parts = sequence(nodes, arguments[1]);
    if (meaning_of_call(nodes, arguments[0]) != Meaning::layout || layout.size() != 1 || !parts)
      refuse("a sparse tensor has " + nodes.describe(arguments[0]) + " as its layout");
    PickledObject object;
    object.layout = text_of(nodes, layout[0]);
    const std::string_view name = object.layout;
    if (name == "torch.sparse_coo") {
      if (parts->size() < 3) refuse("a sparse tensor has " + plural(parts->size(), "part"));
      return coo(nodes, *parts, std::move(object));
    }
    const bool is_by_row = name == "torch.sparse_csr" || name == "torch.sparse_bsr";
    if (!is_by_row && name != "torch.sparse_csc" && name != "torch.sparse_bsc")
      return unread("has the layout " + shown(name) + ", which is not known");
    if (parts->size() < 4) refuse("a sparse tensor has " + plural(parts->size(), "part"));
    const std::uint32_t outer = part(nodes, (*parts)[0]);
    const std::uint32_t inner = part(nodes, (*parts)[1]);
    const std::uint32_t values = part(nodes, (*parts)[2]);
    object.shape = numbers(nodes, (*parts)[3], "size");
    const bool is_csr = name == "torch.sparse_csr" && object.shape.size() == 2 &&
                        known_.tensors[outer].shape.size() == 1 && known_.tensors[inner].shape.size() == 1 &&
                        known_.tensors[values].shape.size() == 1;
    if (is_csr) {
      object.kind = Object::Kind::csr;
      object.parts = {{"indptr", outer}, {"indices", inner}, {"values", values}};
    } else {
      object.parts = {{is_by_row ? "crow_indices" : "ccol_indices", outer},
                      {is_by_row ? "col_indices" : "row_indices", inner},
                      {"values", values}};
    }
    return add(std::move(object));
  }

  pickle::Record coo(const Nodes& nodes, Ids parts, PickledObject object) {
    const std::uint32_t indices = part(nodes, parts[0]);
    const std::uint32_t values = part(nodes, parts[1]);
    object.shape = numbers(nodes, parts[2], "size");
    // With dense dimensions behind the sparse ones, a value is a tensor itself.
    const bool is_plain = known_.tensors[indices].shape.size() == 2 &&
                          known_.tensors[values].shape.size() == 1 &&
                          known_.tensors[indices].shape[0] == object.shape.size();
    if (is_plain) {
      object.kind = Object::Kind::coo;
      object.parts = {{"coords", indices, true}, {"values", values}};
    } else {
      object.parts = {{"indices", indices}, {"values", values}};
    }
    if (parts.size() > 3 && nodes.kind(parts[3]) == Kind::boolean)
      object.attributes.entries.emplace_back("is_coalesced", Value::boolean(nodes.boolean(parts[3])));
    return add(std::move(object));
  }

  std::optional<pickle::Record> quantized(const Nodes& nodes, Ids arguments) {
    if (arguments.size() < 5) refuse("a quantized tensor is made of " + plural(arguments.size(), "argument"));
    PickledTensor codes = view(nodes, arguments);
    if (!codes.type->is_quantized || codes.type->bytes == 0)
      return unread("is quantized as " + std::string(codes.type->name) + ", which is not read");
    const auto how = sequence(nodes, arguments[4]);
    if (!how || how->empty() || nodes.kind((*how)[0]) != Kind::global)
      refuse("a tensor has " + nodes.describe(arguments[4]) + " as its quantization");
    const std::string scheme = nodes.global((*how)[0]).full_name();
    PickledObject object;
    object.layout = scheme;
    object.shape = codes.shape;
    const auto attribute = [&](const char* key, Value value) {
      object.attributes.entries.emplace_back(key, std::move(value));
    };
    attribute("dtype", Value::string("torch." + std::string(codes.type->name)));
    if (scheme == "torch.per_tensor_affine") {
      if (how->size() < 3 || nodes.kind((*how)[1]) != Kind::floating ||
          nodes.kind((*how)[2]) != Kind::integer)
        refuse("a tensor has " + nodes.describe(arguments[4]) + " as its quantization");
      attribute("scale", Value::f64(nodes.floating((*how)[1])));
      attribute("zero_point", Value::i64(nodes.integer((*how)[2])));
      object.parts = {{"int_repr", static_cast<std::uint32_t>(add(std::move(codes)))}};
    } else if (scheme == "torch.per_channel_affine" || scheme == "torch.per_channel_affine_float_qparams") {
      if (how->size() < 4 || nodes.kind((*how)[3]) != Kind::integer)
        refuse("a tensor has " + nodes.describe(arguments[4]) + " as its quantization");
      attribute("axis", Value::i64(nodes.integer((*how)[3])));
      const std::uint32_t scales = part(nodes, (*how)[1]);
      const std::uint32_t zero_points = part(nodes, (*how)[2]);
      object.parts = {{"int_repr", static_cast<std::uint32_t>(add(std::move(codes)))},
                      {"scales", scales},
                      {"zero_points", zero_points}};
    } else {
      return unread("is quantized as " + shown(scheme) + ", which is not known");
    }
    return add(std::move(object));
  }

  std::optional<pickle::Record> nested(const Nodes& nodes, Ids arguments) {
    if (arguments.size() != 4) refuse("a nested tensor is made of " + plural(arguments.size(), "argument"));
    PickledObject object;
    object.layout = "torch.nested";
    object.parts = {{"values", part(nodes, arguments[0])},
                    {"sizes", part(nodes, arguments[1])},
                    {"strides", part(nodes, arguments[2])},
                    {"offsets", part(nodes, arguments[3])}};
    return add(std::move(object));
  }

  /// ('storage', class, key, location, count[, view])
  pickle::Record storage_of(const Nodes& nodes, NodeId id) {
    const auto items = sequence(nodes, id);
    if (!items || items->size() < 5 || text_of(nodes, (*items)[0]) != "storage")
      refuse("a persistent id is " + nodes.describe(id) + ", which names no storage");
    const NodeId type = (*items)[1];
    Storage storage;
    storage.type = nodes.kind(type) == Kind::global ? storage_class(nodes.global(type)) : nullptr;
    if (storage.type == nullptr) refuse("a storage is of " + nodes.describe(type) + ", which is not known");
    const Kind key = nodes.kind((*items)[2]);
    if (key != Kind::text && key != Kind::bytes && key != Kind::integer)
      refuse("a storage has " + nodes.describe((*items)[2]) + " as its key");
    storage.key = key == Kind::integer ? std::to_string(nodes.integer((*items)[2]))
                                       : std::string(nodes.text((*items)[2]));
    storage.count = number(nodes, (*items)[4], "number of elements");
    const auto bytes = checked_mul(storage.count, std::max<std::uint32_t>(storage.type->bytes, 1));
    if (!bytes) refuse("a storage has " + with_thousands(storage.count) + " elements");
    storage.bytes = *bytes;
    const auto [known, is_new] = by_key_.emplace(storage.key, known_.storages.size());
    const auto number_of = static_cast<std::uint32_t>(known->second);
    if (is_new) {
      if (known_.storages.size() == kMaxTensors) refuse_count();
      known_.storages.push_back(std::move(storage));
    } else if (const Storage& before = known_.storages[number_of];
               before.type != storage.type || before.count != storage.count) {
      refuse("the storage " + shown(before.key) + " is named with " + plural(before.count, "element") +
             " of " + std::string(before.type->name) + ", and with " + with_thousands(storage.count) +
             " of " + std::string(storage.type->name));
    }
    return window({number_of, items->size() > 5 ? begin_of_view(nodes, (*items)[5], number_of) : 0});
  }

  /// None, or (key, begin, count) of a view of the storage, which only the oldest files have.
  std::uint64_t begin_of_view(const Nodes& nodes, NodeId id, std::uint32_t storage) const {
    if (nodes.kind(id) == Kind::none) return 0;
    const auto items = sequence(nodes, id);
    if (!items || items->size() != 3) refuse("a storage has " + nodes.describe(id) + " as its view");
    const std::uint64_t begin = number(nodes, (*items)[1], "offset");
    const std::uint64_t count = number(nodes, (*items)[2], "number of elements");
    if (!range_fits(begin, count, known_.storages[storage].count))
      refuse("a view of the storage " + shown(known_.storages[storage].key) + " is not inside of it");
    return begin;
  }

  /// A storage from some element on.
  struct Window {
    std::uint32_t storage = kNone;
    std::uint64_t begin = 0;
  };

  pickle::Record window(Window wanted) {
    // The storages come again and again, and the last one most often.
    if (windows_.empty() || windows_.back().storage != wanted.storage ||
        windows_.back().begin != wanted.begin) {
      if (windows_.size() == kMaxTensors) refuse_count();
      windows_.push_back(wanted);
    }
    return record(Made::storage, windows_.size() - 1);
  }

  std::vector<Window> windows_;  // until all is read
  KnownIds known_;
  std::vector<PickledObject> objects_;
  std::vector<std::string> unread_;
  std::vector<PickledShare> shares_;
  std::vector<std::string> called_;
  std::string path_;
  std::uint64_t offset_ = 0;
  std::unordered_map<std::string, std::size_t> by_key_;
  std::unordered_set<std::string> told_;  // what called_ has
};

Pickled::Pickled(pickle::Source source, KnownIds known)
    : builder_(std::make_unique<Builder>(source.path, std::move(known))),
      reader_(std::move(source), {}, builder_.get()) {}

Pickled::~Pickled() = default;

void Pickled::read() {
  reader_.read();
  builder_->settle();
}

void Pickled::forget_storages() {
  builder_->forget_storages();
}

void Pickled::forget_tensors() {
  builder_->forget_tensors();
}

const std::vector<Storage>& Pickled::storages() const {
  return builder_->known().storages;
}

const std::vector<PickledTensor>& Pickled::tensors() const {
  return builder_->known().tensors;
}

const std::vector<PickledObject>& Pickled::objects() const {
  return builder_->objects();
}

const std::vector<std::string>& Pickled::unread() const {
  return builder_->unread_tensors();
}

const std::vector<PickledShare>& Pickled::shares() const {
  return builder_->shares();
}

const std::vector<std::string>& Pickled::called() const {
  return builder_->called_globals();
}

}  // namespace aerotool::torch

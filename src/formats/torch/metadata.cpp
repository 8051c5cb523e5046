#include "formats/torch/metadata.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "core/text.hpp"
#include "encoding/pickle/python_names.hpp"
#include "encoding/pickle/walk.hpp"
#include "formats/torch/contents.hpp"
#include "formats/torch/globals.hpp"
#include "formats/torch/written_pickle.hpp"

namespace aerotool::torch {
namespace {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

constexpr std::uint64_t kMaxMemory = std::uint64_t{32} << 20;
// Beside its text, roughly.
constexpr std::uint64_t kValueMemory = 2 * sizeof(Value);
// A value that is shared stands in each of its places: a small pickle with millions of them is cut.
constexpr std::uint64_t kMostValues = 10'000;
constexpr std::uint64_t kMostValuesEach = 4;
/// What says of which class a map is that stands for an object.
constexpr const char* kClass = "__class__";

/// A number of NumPy as its type, order and size say.
struct NumpyType {
  std::string text;  ///< "<f8"
  bool is_swapped = false;
};

/// What torch's modules have for themselves: hooks, and the tensors that have names.
bool is_internal(const Nodes& nodes, const Place& place) {
  const std::string name = text_of(nodes, place);
  return name.starts_with('_') && name != "_modules";
}

/// Makes values of nodes. Where there is more than is held, it stops.
class ValueMaker {
 public:
  explicit ValueMaker(const Nodes& nodes) : nodes_(nodes) {}

  bool is_full() const { return is_full_; }

  /// Nothing of a tensor, and of what holds nothing else.
  std::optional<Value> make(NodeId id) {
    id = resolved(nodes_, id);
    if (++made_ > kMostValues + kMostValuesEach * nodes_.size()) is_full_ = true;
    if (!take_memory(kValueMemory)) return std::nullopt;
    const Container container = container_of(nodes_, id);
    if (container == Container::none) return scalar(id);
    if (way_.enter(id) != pickle::Path::Step::entered) return std::nullopt;
    auto value = container == Container::sequence ? list(id) : map(id, container);
    way_.leave();
    return value;
  }

 private:
  bool has_room(std::uint64_t size) {
    if (size > kMaxMemory - used_) is_full_ = true;
    return !is_full_;
  }

  bool take_memory(std::uint64_t size) {
    if (!has_room(size)) return false;
    used_ += size;
    return true;
  }

  /// As pickle::bytes_value(), where so many may be held at all.
  std::optional<std::string> bytes_of(NodeId id) {
    std::uint64_t size = nodes_.text(id).size();
    // bytearray(encode(text, 'latin1')) is the longest way that is written.
    for (NodeId inner = argument(id, 0); size == 0 && inner != pickle::kNoNode; inner = argument(inner, 0))
      size = nodes_.text(inner).size();
    if (!has_room(size)) return std::nullopt;
    return pickle::bytes_value(nodes_, id);
  }

  std::optional<Value> text(std::string text) {
    if (!take_memory(text.size())) return std::nullopt;
    // Surrogates, which Python allows and nobody else.
    return is_utf8(text) ? Value::string(std::move(text)) : Value::binary(Bytes::own(std::move(text)));
  }

  static Value large_integer(std::string digits) {
    std::uint64_t number = 0;
    const char* const end = digits.data() + digits.size();
    const auto [behind, error] = std::from_chars(digits.data(), end, number);
    if (error == std::errc() && behind == end) return Value::u64(number);
    return Value::number(std::move(digits));
  }

  std::optional<Value> binary(std::string bytes) {
    if (!take_memory(bytes.size())) return std::nullopt;
    return Value::binary(Bytes::own(std::move(bytes)));
  }

  std::optional<Value> list(NodeId id) {
    ArrayBuilder items;
    bool is_any = false;
    bool is_left_out = false;
    for_each_member(nodes_, id, [&](const Place&, NodeId item) {
      if (is_full_) return;
      if (auto value = make(item)) {
        items.add(std::move(*value));
        is_any = true;
      } else {
        is_left_out = true;
      }
    });
    if (!is_any && is_left_out) return std::nullopt;
    return Value::array(items.finish());
  }

  std::optional<Value> map(NodeId id, Container container) {
    MapItems items;
    bool is_left_out = false;
    const bool has_class = container != Container::mapping;
    if (has_class) items.emplace_back(Value::string(kClass), Value::string(class_of(nodes_, id)));
    const std::size_t own = items.size();
    for_each_member(nodes_, id, [&](const Place& place, NodeId member) {
      if (is_full_ || (container == Container::module && is_internal(nodes_, place))) return;
      auto value = make(member);
      if (!value) {
        is_left_out = true;
        return;
      }
      auto key = text(text_of(nodes_, place));
      if (key) items.emplace_back(std::move(*key), std::move(*value));
    });
    if (items.size() == own && is_left_out) return std::nullopt;
    return Value::map(std::move(items));
  }

  std::optional<Value> scalar(NodeId id) {
    switch (nodes_.kind(id)) {
      case Kind::none:
        return Value{};
      case Kind::boolean:
        return Value::boolean(nodes_.boolean(id));
      case Kind::integer:
        return Value::i64(nodes_.integer(id));
      case Kind::long_integer:
        return large_integer(decimal(nodes_, id));
      case Kind::floating:
        return Value::f64(nodes_.floating(id));
      case Kind::text:
        if (!has_room(nodes_.text(id).size())) return std::nullopt;
        return text(nodes_.is_python2_text(id) ? text_of_bytes(nodes_.text(id))
                                               : std::string(nodes_.text(id)));
      case Kind::bytes:
      case Kind::byte_array:
        if (!has_room(nodes_.text(id).size())) return std::nullopt;
        return binary(std::string(nodes_.text(id)));
      case Kind::global:
        return text(nodes_.global(id).full_name());
      case Kind::call:
        return call(id);
      default:
        return std::nullopt;
    }
  }

  NodeId argument(NodeId call, std::size_t number) const {
    const auto arguments = nodes_.items(nodes_.arguments(call));
    return arguments.size() > number ? arguments[number] : pickle::kNoNode;
  }

  std::optional<Value> call(NodeId id) {
    switch (meaning_of_call(nodes_, id)) {
      case Meaning::bytes:
        if (auto bytes = bytes_of(id)) return binary(std::move(*bytes));
        break;
      case Meaning::device:
      case Meaning::layout: {
        std::string name = key_text(nodes_, argument(id, 0));
        if (argument(id, 1) != pickle::kNoNode) name += ":" + key_text(nodes_, argument(id, 1));
        return text(std::move(name));
      }
      case Meaning::numpy_scalar:
        return numpy_scalar(id);
      case Meaning::numpy_array:
        return numpy_array(id);
      case Meaning::numpy_dtype:
        return text(numpy_type(id).text);
      default:
        break;
    }
    // A call by name, and what it is given.
    MapItems items;
    items.emplace_back(Value::string(kClass), Value::string(class_of(nodes_, id)));
    if (auto given = make(nodes_.arguments(id)))
      items.emplace_back(Value::string("arguments"), std::move(*given));
    return Value::map(std::move(items));
  }

  /// numpy.dtype('f8', False, True) with the state (3, '<', None, None, None, -1, -1, 0).
  NumpyType numpy_type(NodeId dtype) const {
    NumpyType type;
    type.text = key_text(nodes_, argument(dtype, 0));
    const auto state = nodes_.items(nodes_.state(dtype));
    const std::string order = state.size() > 1 ? key_text(nodes_, state[1]) : std::string("|");
    if (order == "<" || order == ">") type.text.insert(0, order);
    type.is_swapped = order == ">";
    return type;
  }

  std::optional<Value> numpy_scalar(NodeId id) {
    const NumpyType type = numpy_type(argument(id, 0));
    const auto bytes = bytes_of(argument(id, 1));
    if (!bytes) return text(type.text);
    std::string_view name = type.text;
    if (name.starts_with('<') || name.starts_with('>')) name.remove_prefix(1);
    struct Row {
      std::string_view name;
      ValueType type;
      std::size_t width;
    };
    static constexpr Row kRows[] = {
        {"f4", ValueType::f32, 4}, {"f8", ValueType::f64, 8},    {"i1", ValueType::i8, 1},
        {"i2", ValueType::i16, 2}, {"i4", ValueType::i32, 4},    {"i8", ValueType::i64, 8},
        {"u1", ValueType::u8, 1},  {"u2", ValueType::u16, 2},    {"u4", ValueType::u32, 4},
        {"u8", ValueType::u64, 8}, {"b1", ValueType::boolean, 1}};
    const auto* const row = std::ranges::find(kRows, name, &Row::name);
    if (row == std::end(kRows) || bytes->size() != row->width) return array_map(type, {}, *bytes);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < row->width; ++i) {
      const std::size_t place = type.is_swapped ? row->width - 1 - i : i;
      bits |= std::uint64_t{static_cast<std::uint8_t>((*bytes)[place])} << (8 * i);
    }
    const bool is_signed = name.starts_with('i') && row->width < 8;
    if (is_signed && (bits >> (8 * row->width - 1)) != 0) bits |= ~std::uint64_t{0} << (8 * row->width);
    return Value::of(row->type, bits);
  }

  /// What _reconstruct() makes gets its state: (1, shape, dtype, is_fortran, bytes).
  std::optional<Value> numpy_array(NodeId id) {
    const auto state = nodes_.items(nodes_.state(id));
    if (state.size() < 5) return text(class_of(nodes_, id));
    Value shape = make(state[1]).value_or(Value{});
    auto bytes = bytes_of(state[4]);
    NumpyType type = numpy_type(state[2]);
    if (!bytes) {
      // Of objects: a list of them.
      auto items = make(state[4]);
      MapItems map;
      map.emplace_back(Value::string(kClass), Value::string("numpy.ndarray"));
      map.emplace_back(Value::string("dtype"), Value::string(type.text));
      map.emplace_back(Value::string("shape"), std::move(shape));
      if (items) map.emplace_back(Value::string("items"), std::move(*items));
      return Value::map(std::move(map));
    }
    auto value = array_map(type, std::move(shape), *bytes);
    const bool is_fortran = nodes_.kind(state[3]) == Kind::boolean && nodes_.boolean(state[3]);
    if (value && is_fortran) value->map().emplace_back(Value::string("fortran_order"), Value::boolean(true));
    return value;
  }

  std::optional<Value> array_map(const NumpyType& type, Value shape, const std::string& bytes) {
    auto data = binary(bytes);
    if (!data) return std::nullopt;
    MapItems map;
    map.emplace_back(Value::string(kClass), Value::string("numpy.ndarray"));
    map.emplace_back(Value::string("dtype"), Value::string(type.text));
    map.emplace_back(Value::string("shape"), std::move(shape));
    map.emplace_back(Value::string("data"), std::move(*data));
    return Value::map(std::move(map));
  }

  const Nodes& nodes_;
  pickle::Path way_;
  std::uint64_t used_ = 0;
  std::uint64_t made_ = 0;
  bool is_full_ = false;
};

}  // namespace

CheckpointMetadata metadata_of(const Pickled& pickled) {
  const Nodes& nodes = pickled.nodes();
  const NodeId root = resolved(nodes, pickled.root());
  CheckpointMetadata result;
  ValueMaker maker(nodes);
  auto& entries = result.metadata.entries;
  const Container container = container_of(nodes, root);
  if (container == Container::object || container == Container::module)
    entries.emplace_back(kClass, Value::string(class_of(nodes, root)));
  if (container == Container::none) {
    if (auto value = maker.make(root)) entries.emplace_back("value", std::move(*value));
  }
  for_each_member(nodes, root, [&](const Place& place, NodeId member) {
    if (maker.is_full() || (container == Container::module && is_internal(nodes, place))) return;
    if (auto value = maker.make(member)) entries.emplace_back(text_of(nodes, place), std::move(*value));
  });
  // What is written here has it beside the dict of tensors.
  const NodeId beside = entries.empty() ? nodes.find(nodes.state(root), kMetadataAttribute) : pickle::kNoNode;
  if (container == Container::mapping && beside != pickle::kNoNode) {
    for_each_member(nodes, beside, [&](const Place& place, NodeId member) {
      if (maker.is_full()) return;
      if (auto value = maker.make(member)) entries.emplace_back(text_of(nodes, place), std::move(*value));
    });
  }
  result.is_cut = maker.is_full();
  return result;
}

}  // namespace aerotool::torch

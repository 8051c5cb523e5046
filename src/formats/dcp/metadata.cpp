#include "formats/dcp/metadata.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/dangerous.hpp"
#include "encoding/pickle/python_names.hpp"
#include "encoding/pickle/reader.hpp"

namespace aerotool::dcp {
namespace {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;
using Ids = std::span<const NodeId>;
using Numbers = std::vector<std::uint64_t>;

constexpr std::size_t kMaxRank = 64;
constexpr std::uint64_t kMaxOpcodes = 600'000'000;
constexpr std::uint64_t kMaxMemory = std::uint64_t{512} << 20;

/// What a global is here.
enum class Class : std::uint8_t {
  unknown,
  metadata,
  tensor,
  properties,
  chunk,
  object,
  index,
  item,
  storage_meta,
  memory_format,
  size,
  layout,
  dtype,
  attribute,
  path,
};

constexpr std::string_view kNow = "torch.distributed.checkpoint.";
constexpr std::string_view kBefore = "torch.distributed._shard.checkpoint.";
constexpr std::string_view kSharded = "torch.distributed._shard.sharded_tensor.metadata";
constexpr std::string_view kMegatron = "megatron.core.dist_checkpointing.strategies.torch";

struct KnownClass {
  std::string_view name;
  Class meaning;
};

constexpr std::array kOfMetadata{
    KnownClass{"Metadata", Class::metadata},
    KnownClass{"TensorStorageMetadata", Class::tensor},
    KnownClass{"TensorProperties", Class::properties},
    KnownClass{"ChunkStorageMetadata", Class::chunk},
    KnownClass{"BytesStorageMetadata", Class::object},
    KnownClass{"MetadataIndex", Class::index},
    KnownClass{"StorageMeta", Class::storage_meta},
    KnownClass{"_MEM_FORMAT_ENCODING", Class::memory_format},
};

Class class_of(const pickle::Global& global) {
  const pickle::Name modern = pickle::modern_name(global);
  const std::string_view module = modern.module;
  const std::string_view name = modern.name;
  for (const std::string_view prefix : {kNow, kBefore}) {
    if (!module.starts_with(prefix)) continue;
    const std::string_view rest = module.substr(prefix.size());
    if (rest == "filesystem") return name == "_StorageInfo" ? Class::item : Class::unknown;
    const auto* const known = std::ranges::find(kOfMetadata, name, &KnownClass::name);
    return rest == "metadata" && known != kOfMetadata.end() ? known->meaning : Class::unknown;
  }
  if (module == kSharded) {
    if (name == "TensorProperties") return Class::properties;
    return name == "MEM_FORMAT_ENCODING" ? Class::memory_format : Class::unknown;
  }
  if (module == kMegatron) return name == "MCoreMetadata" ? Class::metadata : Class::unknown;
  if (module == "torch") return name == "Size" ? Class::size : Class::dtype;
  if (module == "torch.serialization") return name == "_get_layout" ? Class::layout : Class::unknown;
  if (module == "builtins") return name == "getattr" ? Class::attribute : Class::unknown;
  if (module == "pathlib" || module == "pathlib._local") return Class::path;
  return Class::unknown;
}

/// What a record of the nodes is.
enum class Made : std::uint8_t {
  inert,       ///< nothing that is asked for
  properties,  ///< number of a dtype
  chunk,       ///< rank, and where its numbers are
  tensor,
  object,
  place,
  item,
  state,    ///< all keys, which have been taken
  storage,  ///< all items
  metadata,
};

constexpr unsigned kMadeDigits = 8;

class MetadataReader final : public pickle::Handler {
 public:
  MetadataReader(std::string path, IndexBuilder& builder) : builder_(builder), path_(std::move(path)) {}

  void called(Nodes& nodes, NodeId call, std::uint64_t offset) override {
    offset_ = offset;
    const NodeId target = nodes.target(call);
    const Ids arguments = nodes.items(nodes.arguments(call));
    const auto is_text = [&](NodeId id) { return nodes.kind(id) == Kind::text; };
    switch (class_at(nodes, target)) {
      case Class::size:
        return;  // looked at by what it is the size of
      case Class::layout:
        if (arguments.size() == 1 && is_text(arguments[0])) return make(nodes, call, Made::inert, 0);
        break;
      case Class::attribute:
        // Of a class that is known: how Python writes a member of an enumeration.
        if (arguments.size() == 2 && class_at(nodes, arguments[0]) == Class::memory_format &&
            is_text(arguments[1]))
          return make(nodes, call, Made::inert, 0);
        break;
      case Class::memory_format:
        if (arguments.size() == 1 && nodes.kind(arguments[0]) == Kind::integer)
          return make(nodes, call, Made::inert, 0);
        break;
      case Class::path:
        if (std::ranges::all_of(arguments, is_text)) return make(nodes, call, Made::inert, 0);
        break;
      default:
        break;
    }
    danger("the pickle calls " + called_name(nodes, target, arguments) + ", and no checkpoint's index does");
  }

  void instantiated(Nodes& nodes, NodeId object, std::uint64_t offset) override {
    offset_ = offset;
    const NodeId target = nodes.target(object);
    switch (class_at(nodes, target)) {
      case Class::metadata:
      case Class::tensor:
      case Class::properties:
      case Class::chunk:
      case Class::index:
      case Class::item:
      case Class::storage_meta:
        break;
      case Class::object:
        make(nodes, object, Made::object, 0);
        break;
      default:
        danger("the pickle makes " + nodes.describe(object) + ", and no checkpoint's index does");
    }
  }

  void built(Nodes& nodes, NodeId node, std::uint64_t offset) override {
    offset_ = offset;
    try {
      build(nodes, node);
    } catch (const TooMuch& problem) {
      refuse_much(problem);
    }
  }

  bool take_state(Nodes& nodes, NodeId record, NodeId /*state*/, std::uint64_t /*offset*/) override {
    return made(nodes, record) == Made::object;
  }

  bool take_items(Nodes& nodes, NodeId target, pickle::Change change, Ids items,
                  std::uint64_t offset) override {
    offset_ = offset;
    if (change != pickle::Change::set) return false;
    const bool is_record = nodes.kind(target) == Kind::record;
    // Python writes no items behind each full thousand of them.
    if (items.empty())
      return is_record && (made(nodes, target) == Made::state || made(nodes, target) == Made::storage);
    if (!is_record && nodes.kind(target) != Kind::dict) return false;
    try {
      const Made value = made(nodes, items[1]);
      const Made into = is_record ? made(nodes, target) : Made::inert;
      const bool are_keys = is_record ? into == Made::state : value == Made::tensor || value == Made::object;
      const bool are_items = is_record ? into == Made::storage : value == Made::item;
      // One that has got others already is no state dict.
      if ((!are_keys && !are_items) || !nodes.pairs(target).empty()) return false;
      for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        are_keys ? take_key(nodes, items[i], items[i + 1]) : take_item(nodes, items[i], items[i + 1]);
      if (!is_record) make(nodes, target, are_keys ? Made::state : Made::storage, 0);
    } catch (const TooMuch& problem) {
      refuse_much(problem);
    }
    return true;
  }

  bool is_done(const Nodes& nodes, NodeId root) const { return made(nodes, root) == Made::metadata; }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw CorruptError({path_, offset_, {}}, why); }
  [[noreturn]] void danger(const std::string& what) const {
    throw CorruptError({path_, offset_, {}}, what, Code::danger);
  }
  [[noreturn]] void refuse_much(const TooMuch& problem) const {
    throw UnsupportedError({path_, offset_, {}}, "the index has " + problem.what);
  }

  Class class_at(const Nodes& nodes, NodeId target) {
    if (nodes.kind(target) != Kind::global) return Class::unknown;
    const auto known = std::ranges::find(classes_, target,
                                         [](const std::pair<NodeId, Class>& entry) { return entry.first; });
    if (known != classes_.end()) return known->second;
    constexpr std::size_t kMost = 64;  // there are some twenty
    const Class found = class_of(nodes.global(target));
    if (classes_.size() < kMost) classes_.emplace_back(target, found);
    return found;
  }

  static std::string called_name(const Nodes& nodes, NodeId target, Ids arguments) {
    std::string name = nodes.describe(target);
    if (nodes.kind(target) == Kind::global && nodes.global(target).name == "getattr" && arguments.size() == 2)
      name += " of " + nodes.describe(arguments[0]);
    return name;
  }

  static void make(Nodes& nodes, NodeId id, Made what, std::uint64_t number, std::uint64_t more = 0) {
    nodes.become_record(id, {static_cast<std::uint64_t>(what) | more << kMadeDigits, number});
  }
  static Made made(const Nodes& nodes, NodeId id) {
    return static_cast<Made>(nodes.record(id).first & ((1U << kMadeDigits) - 1));
  }

  void build(Nodes& nodes, NodeId node) {
    const NodeId state = nodes.state(node);
    const Class what = class_at(nodes, nodes.target(node));
    if (what == Class::properties) return build_properties(nodes, node, state);
    if (nodes.kind(state) != Kind::dict) refuse(nodes.describe(node) + " has no attributes");
    switch (what) {
      case Class::chunk:
        return build_chunk(nodes, node, state);
      case Class::tensor:
        return build_tensor(nodes, node, state);
      case Class::index:
        return build_place(nodes, node, state);
      case Class::item:
        return build_item(nodes, node, state);
      case Class::metadata:
        return build_metadata(nodes, node, state);
      case Class::storage_meta:
        return make(nodes, node, Made::inert, 0);
      default:
        refuse(nodes.describe(node) + " has attributes");
    }
  }

  NodeId attribute(const Nodes& nodes, NodeId state, std::string_view name, std::string_view of) const {
    const NodeId value = nodes.find(state, name);
    if (value == pickle::kNoNode) refuse(std::string(of) + " has no '" + std::string(name) + "'");
    return value;
  }

  void read_numbers(const Nodes& nodes, NodeId id, std::string_view what, Numbers& numbers) {
    NodeId sequence = id;
    if (nodes.kind(id) == Kind::call && class_at(nodes, nodes.target(id)) == Class::size) {
      const Ids arguments = nodes.items(nodes.arguments(id));
      sequence = arguments.size() == 1 ? arguments[0] : pickle::kNoNode;
    }
    if (nodes.kind(sequence) != Kind::tuple && nodes.kind(sequence) != Kind::list)
      refuse("the " + std::string(what) + " are " + nodes.describe(id));
    const Ids items = nodes.items(sequence);
    if (items.size() > kMaxRank) {
      throw UnsupportedError({path_, offset_, {}}, "a tensor has a rank of " + with_thousands(items.size()) +
                                                       "; at most " + std::to_string(kMaxRank) +
                                                       " are handled");
    }
    numbers.clear();
    for (const NodeId item : items) {
      if (nodes.kind(item) != Kind::integer)
        refuse("one of the " + std::string(what) + " is " + nodes.describe(item));
      numbers.push_back(static_cast<std::uint64_t>(nodes.integer(item)));
    }
  }

  void build_properties(Nodes& nodes, NodeId node, NodeId state) {
    NodeId dtype = nodes.find(state, "dtype");
    if (nodes.kind(state) == Kind::tuple && !nodes.items(state).empty()) dtype = nodes.items(state)[0];
    if (nodes.kind(dtype) != Kind::global) refuse("a tensor has " + nodes.describe(dtype) + " as its dtype");
    make(nodes, node, Made::properties, static_cast<std::uint32_t>(dtype));
  }

  void build_chunk(Nodes& nodes, NodeId node, NodeId state) {
    read_numbers(nodes, attribute(nodes, state, "offsets", "a chunk"), "offsets of a chunk", numbers_);
    read_numbers(nodes, attribute(nodes, state, "sizes", "a chunk"), "sizes of a chunk", sizes_);
    if (numbers_.size() != sizes_.size())
      refuse("a chunk has " + plural(numbers_.size(), "offset") + " and " + plural(sizes_.size(), "size"));
    const IndexBuilder::Chunk chunk = builder_.add_chunk(numbers_, sizes_);
    make(nodes, node, Made::chunk, chunk.numbers, chunk.rank);
  }

  void build_tensor(Nodes& nodes, NodeId node, NodeId state) {
    const NodeId properties = attribute(nodes, state, "properties", "a tensor");
    if (made(nodes, properties) != Made::properties)
      refuse("a tensor has " + nodes.describe(properties) + " as its properties");
    const auto dtype = static_cast<NodeId>(static_cast<std::uint32_t>(nodes.record(properties).second));
    const pickle::Global& global = nodes.global(dtype);
    const torch::ElementType* type =
        global.module == "torch" ? torch::element_type_named(global.name) : nullptr;
    read_numbers(nodes, attribute(nodes, state, "size", "a tensor"), "sizes of a tensor", numbers_);
    const NodeId list = attribute(nodes, state, "chunks", "a tensor");
    if (nodes.kind(list) != Kind::list && nodes.kind(list) != Kind::tuple)
      refuse("a tensor has " + nodes.describe(list) + " as its chunks");
    std::vector<IndexBuilder::Chunk> chunks;
    chunks.reserve(nodes.items(list).size());
    for (const NodeId item : nodes.items(list)) {
      if (made(nodes, item) != Made::chunk) refuse("a tensor has " + nodes.describe(item) + " as a chunk");
      const pickle::Record record = nodes.record(item);
      chunks.push_back({record.second, static_cast<std::uint32_t>(record.first >> kMadeDigits)});
    }
    make(nodes, node, Made::tensor, builder_.add_tensor(type, global.full_name(), numbers_, chunks));
  }

  void build_place(Nodes& nodes, NodeId node, NodeId state) {
    const NodeId key = attribute(nodes, state, "fqn", "a place");
    if (nodes.kind(key) != Kind::text) refuse("a key is " + nodes.describe(key));
    numbers_.clear();
    const NodeId offset = nodes.find(state, "offset");
    if (offset != pickle::kNoNode && nodes.kind(offset) != Kind::none)
      read_numbers(nodes, offset, "offsets of a place", numbers_);
    make(nodes, node, Made::place, builder_.add_place(nodes.text(key), numbers_));
  }

  std::uint64_t number(const Nodes& nodes, NodeId id) const {
    if (nodes.kind(id) == Kind::long_integer || (nodes.kind(id) == Kind::integer && nodes.integer(id) < 0))
      return kNoNumber;
    if (nodes.kind(id) != Kind::integer) refuse("a place in a file is " + nodes.describe(id));
    return static_cast<std::uint64_t>(nodes.integer(id));
  }

  void build_item(Nodes& nodes, NodeId node, NodeId state) {
    const NodeId file = attribute(nodes, state, "relative_path", "an item");
    if (nodes.kind(file) != Kind::text) refuse("the file of an item is " + nodes.describe(file));
    std::string transform;
    const NodeId transforms = nodes.find(state, "transform_descriptors");
    for (const NodeId one : nodes.items(transforms)) {
      if (nodes.kind(one) != Kind::text) refuse("a transformation is " + nodes.describe(one));
      transform += (transform.empty() ? "" : ",") + std::string(nodes.text(one));
    }
    make(nodes, node, Made::item,
         builder_.add_item(nodes.text(file), number(nodes, attribute(nodes, state, "offset", "an item")),
                           number(nodes, attribute(nodes, state, "length", "an item")), transform));
  }

  void take_key(const Nodes& nodes, NodeId key, NodeId value) {
    if (nodes.kind(key) != Kind::text) refuse("a key of the state dict is " + nodes.describe(key));
    const Made what = made(nodes, value);
    if (what != Made::tensor && what != Made::object)
      refuse("the state dict has " + nodes.describe(value) + " under the key " + shown(nodes.text(key)));
    std::optional<std::uint32_t> tensor;
    if (what == Made::tensor) tensor = static_cast<std::uint32_t>(nodes.record(value).second);
    if (builder_.add_key(nodes.text(key), tensor)) return;
    throw CorruptError({path_, offset_, {}}, "the key " + shown(nodes.text(key)) + " is there twice",
                       Code::duplicate);
  }

  void take_item(const Nodes& nodes, NodeId place, NodeId item) {
    if (made(nodes, place) != Made::place || made(nodes, item) != Made::item) {
      refuse("the items of the index have " + nodes.describe(item) + " under " + nodes.describe(place));
    }
    builder_.set_item(static_cast<std::uint32_t>(nodes.record(place).second),
                      static_cast<std::uint32_t>(nodes.record(item).second));
  }

  void build_metadata(Nodes& nodes, NodeId node, NodeId state) {
    const auto require = [&](std::string_view name, Made made_of) {
      const NodeId value = attribute(nodes, state, name, "the index");
      const bool is_empty =
          (nodes.kind(value) == Kind::dict && nodes.pairs(value).empty()) || nodes.kind(value) == Kind::none;
      if (made(nodes, value) != made_of && !is_empty)
        refuse("the index has " + nodes.describe(value) + " as its '" + std::string(name) + "'");
    };
    require("state_dict_metadata", Made::state);
    require("storage_data", Made::storage);
    const NodeId paths = nodes.find(state, "planner_data");
    for (const pickle::Pair& pair : nodes.pairs(paths)) {
      const Ids way = nodes.items(pair.value);
      if (nodes.kind(pair.key) != Kind::text || way.empty()) continue;
      builder_.add_path(nodes.text(pair.key), wrapper_of(nodes, way));
    }
    // Of Megatron, by the keys.
    const NodeId more = nodes.find(state, "mcore_data");
    for (const pickle::Pair& pair : nodes.pairs(more)) {
      const NodeId shape = nodes.find(pair.value, "nd_reformulated_orig_global_shape");
      if (nodes.kind(pair.key) == Kind::text && shape != pickle::kNoNode && nodes.kind(shape) != Kind::none)
        builder_.add_tiled(nodes.text(pair.key));
    }
    make(nodes, node, Made::metadata, 0);
  }

  /// The first step of the way to a key; empty where the key is that step itself.
  static std::string wrapper_of(const Nodes& nodes, Ids way) {
    if (way.size() < 2 || nodes.kind(way[0]) != Kind::text) return {};
    std::string wrapper(nodes.text(way[0]));
    if (wrapper == "app" && way.size() > 2 && nodes.kind(way[1]) == Kind::text)
      wrapper += "." + std::string(nodes.text(way[1]));
    return wrapper;
  }

  IndexBuilder& builder_;
  std::string path_;
  std::uint64_t offset_ = 0;
  std::vector<std::pair<NodeId, Class>> classes_;
  // Of what is being looked at:
  Numbers numbers_;
  Numbers sizes_;
};

/// Whoever reads the pickle with Python imports all that it names.
void refuse_unknown(const std::string& path, const std::vector<pickle::Global>& globals,
                    bool dangerous_only) {
  for (const pickle::Global& global : globals) {
    const Class what = class_of(global);
    const bool is_dangerous = pickle::is_dangerous(global) && what != Class::attribute;
    if (is_dangerous ? false : dangerous_only || what != Class::unknown) continue;
    throw CorruptError(
        {path, global.offset, {}},
        "the pickle names " + shown(global.full_name()) +
            (is_dangerous ? ", which does harm where a pickle is run" : ", and no checkpoint's index does"),
        Code::danger);
  }
}

}  // namespace

void read_metadata(const pickle::Source& source, IndexBuilder& builder, Report& report) {
  MetadataReader handler(source.path, builder);
  pickle::Reader reader(source, {.opcodes = kMaxOpcodes, .memory = kMaxMemory}, &handler);
  try {
    reader.read();
    reader.note_rest();
  } catch (const ContentError& error) {
    if (error.code() != Code::danger) refuse_unknown(source.path, reader.globals(), true);
    throw;
  }
  for (const pickle::Oddity& oddity : reader.oddities())
    report.fault(Code::danger, {source.path, oddity.offset, {}}, oddity.message);
  refuse_unknown(source.path, reader.globals(), false);
  if (!handler.is_done(reader.nodes(), reader.root())) {
    throw CorruptError({source.path, {}, {}},
                       "is a pickle of " + reader.nodes().describe(reader.root()) + ", not of an index");
  }
}

}  // namespace aerotool::dcp

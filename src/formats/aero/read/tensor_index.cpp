#include "formats/aero/read/tensor_index.hpp"

#include <algorithm>

#include "core/large_pages.hpp"
#include "core/text.hpp"
#include "encoding/msgpack/event_router.hpp"
#include "formats/aero/read/metadata_chunk.hpp"
#include "model/ggml_dtype.hpp"
#include "model/opaque_dtype.hpp"

namespace aerotool::aero {
namespace {

/// {"tensors": [{...}, ...]}: the depth at which an entry's own members stand.
constexpr std::size_t kEntryDepth = 3;

// A byte of msgpack can be a dimension, which takes eight in memory.
constexpr std::uint32_t kMaxRank = 255;

// The count has been held to the bytes that are left, but an entry takes more here: no more is made room for
// at once.
constexpr std::uint32_t kMaxReserved = std::uint32_t{1} << 20;

class IndexHandler : public EventRouter<IndexHandler> {
 public:
  IndexHandler(const io::Input& input, std::uint64_t memory, Report& report)
      : EventRouter(memory), input_(input), report_(report) {}
  using EventRouter::memory_left;

  TensorIndex take() {
    if (in_entry_) drop_entry();
    return std::move(index_);
  }
  bool has_tensors() const { return has_tensors_; }

  // Called by EventRouter.
  Route route_member() {
    if (depth() == 1) {
      if (key_code() == "tensors"_key) {
        if (has_tensors_) return fail("\"tensors\" is duplicated");
        has_tensors_ = true;
        return Route::enter;
      }
      return Route::skip;
    }
    if (depth() != kEntryDepth) return Route::enter;
    switch (key_code()) {
      case "name"_key:
      case "dtype"_key:
      case "shape"_key:
      case "shard_id"_key:
      case "data_off"_key:
      case "data_len"_key:
      case "flags"_key:
      case "quant_id"_key:
      case "hash_b3"_key:
        return Route::enter;
      default:
        return Route::build;
    }
  }

  bool on_begin(Collection kind, std::uint32_t count) {
    if (depth() == 1) return kind == Collection::map || fail_bool("it is not a map");
    if (depth() == 2) {
      if (kind != Collection::array) return fail_bool("\"tensors\" is not an array");
      if (count > kMaxTensors) return fail_bool("more than 100,000,000 tensors");
      reserve_large(index_.tensors, std::min(count, kMaxReserved));
      reserve_large(index_.placements, std::min(count, kMaxReserved));
      return true;
    }
    if (depth() == kEntryDepth) {
      if (kind != Collection::map) return fail_bool("a tensor's entry is not a map");
      in_entry_ = true;
      index_.tensors.emplace_back();
      index_.placements.emplace_back();
      seen_ = {};
      extras_.clear();
      return true;
    }
    // The only container that is entered below an entry is its shape.
    if (depth() == kEntryDepth + 1 && key_code() == "shape"_key && kind == Collection::array) {
      if (count > kMaxRank)
        return fail_bool("a tensor has " + std::to_string(count) + " dimensions; at most 255 are read");
      seen_.shape = true;
      tensor().shape.reserve(count);
      return true;
    }
    return fail_key(" of a tensor is a collection");
  }

  bool on_end(Collection) { return depth() != kEntryDepth || finish_entry(); }

  bool on_number(std::uint64_t value) {
    if (depth() == kEntryDepth + 1) {
      tensor().shape.push_back(value);
      return true;
    }
    if (depth() != kEntryDepth) return fail_bool("there is a number where a map is expected");
    switch (key_code()) {
      case "dtype"_key:
        placement().dtype_code = value;
        seen_.dtype = true;
        return true;
      case "shard_id"_key:
        placement().shard_id = value;
        seen_.shard = true;
        return true;
      case "data_off"_key:
        placement().data_offset = value;
        seen_.offset = true;
        return true;
      case "data_len"_key:
        tensor().size = value;
        seen_.length = true;
        return true;
      case "flags"_key:
        if (value != 0) extras_.emplace_back(Value::string(std::string("flags")), Value::u64(value));
        return true;
      case "quant_id"_key:
        placement().quant_id = value;
        return true;
      default:
        return fail_key(" of a tensor is a number");
    }
  }

  bool on_text(std::string_view text) {
    if (depth() != kEntryDepth) return fail_bool("unexpected text");
    if (key_code() == "name"_key) {
      if (text.size() > kMaxName)
        return fail_bool("a tensor's name has " + std::to_string(text.size()) + " bytes");
      tensor().name = text;
      seen_.name = true;
      return true;
    }
    if (key_code() == "hash_b3"_key) {
      // An empty string means that there is none.
      if (text.empty()) return true;
      Digest digest{};
      if (!from_hex(text, digest)) {
        seen_.bad_digest = true;
        return true;
      }
      tensor().digest = digest;
      seen_.upper_digest = text != to_hex(digest);
      return true;
    }
    return fail_key(" of a tensor is text");
  }

  bool on_blob(ByteSpan) { return on_other(); }

  bool on_other() {
    if (depth() == kEntryDepth + 1) return fail_bool("a tensor's shape holds something other than counts");
    return fail_key(" has a value of a wrong type");
  }

  bool on_built(Value value) {
    if (key() == "quant_params") {
      const std::optional<DType> named = type_of_params(value);
      placement().named_type = named && named->is_packed() ? &named->packed() : nullptr;
      placement().element_bytes = opaque_bytes(value).value_or(0);
      // What is written anew from the dtype is not carried along.
      if ((named || placement().element_bytes != 0) && value.map().size() == 1) return true;
    }
    extras_.emplace_back(Value::string(std::string(key())), std::move(value));
    return keep_built(sizeof(MapItems::value_type) + key().size());
  }

 private:
  struct Seen {
    bool name = false, dtype = false, shape = false, shard = false, offset = false, length = false;
    bool bad_digest = false, upper_digest = false;
  };

  static std::optional<DType> type_of_params(const Value& params) {
    const Value* id = params.find("ggml_type");
    const Value* name = params.find("dtype");
    if (id != nullptr && id->is_unsigned() && id->bits <= UINT32_MAX) {
      return ggml_dtype(static_cast<std::uint32_t>(id->bits));
    }
    if (name != nullptr && name->type == ValueType::string) return dtype_named(name->text());
    return std::nullopt;
  }

  Tensor& tensor() { return index_.tensors.back(); }
  Placement& placement() { return index_.placements.back(); }
  void drop_entry() {
    index_.tensors.pop_back();
    index_.placements.pop_back();
  }

  /// False where nobody wants to be told of more.
  bool finish_entry() {
    ++index_.entry_count;
    in_entry_ = false;
    const auto where = [this] { return Where{input_.name(), {}, tensor().name}; };
    const char* missing = !seen_.name     ? "name"
                          : !seen_.dtype  ? "dtype"
                          : !seen_.shape  ? "shape"
                          : !seen_.shard  ? "shard_id"
                          : !seen_.offset ? "data_off"
                          : !seen_.length ? "data_len"
                                          : nullptr;
    if (missing != nullptr) {
      report_.unreadable(Code::malformed, where(),
                         "entry " + std::to_string(position_) + " of TIDX has no \"" + missing + "\"");
      drop_entry();
      ++position_;
      return !report_.full() || fail_bool("too many of its tensors are wrong; the rest is not read");
    }
    ++position_;
    if (!is_utf8(tensor().name)) report_.fault(Code::name, where(), "its name is not UTF-8");
    if (seen_.bad_digest)
      report_.unreadable(Code::malformed, where(), "hash_b3 is not 64 hexadecimal digits");
    if (seen_.upper_digest) report_.fault(Code::malformed, where(), "hash_b3 has upper-case digits");
    if (!extras_.empty()) index_.extras.emplace(index_.tensors.size() - 1, std::move(extras_));
    return !report_.full() || fail_bool("too many of its tensors are wrong; the rest is not read");
  }

  const io::Input& input_;
  Report& report_;
  TensorIndex index_;
  bool in_entry_ = false;  // the last tensor's
  Seen seen_;
  MapItems extras_;
  std::uint64_t position_ = 0;
  bool has_tensors_ = false;
};

}  // namespace

TensorIndex read_tensor_index(const io::Input& input, const Chunk& chunk, std::uint64_t& memory,
                              Report& report) {
  IndexHandler handler(input, memory, report);
  const bool sound = parse_chunk(input, chunk, handler, report);
  memory = handler.memory_left();
  if (sound && !handler.has_tensors()) {
    report.unreadable(Code::malformed, Where{input.name(), chunk.offset, {}},
                      label(chunk) + " has no \"tensors\"");
  }
  TensorIndex index = handler.take();
  index.complete = sound;
  return index;
}

}  // namespace aerotool::aero

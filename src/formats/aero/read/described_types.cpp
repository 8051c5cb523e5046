#include "formats/aero/read/described_types.hpp"

#include "codecs/ggml/types.hpp"
#include "codecs/small_types.hpp"
#include "core/text.hpp"
#include "encoding/value_builder.hpp"
#include "model/ggml_dtype.hpp"
#include "model/opaque_dtype.hpp"

namespace aerotool::aero {
namespace {

PackedType unknown_type(std::string codec, std::string name, Value params) {
  const auto bytes = opaque_bytes(params);
  return {.codec = std::move(codec),
          .name = std::move(name),
          .block_elements = bytes ? 1U : 0U,
          .block_bytes = bytes.value_or(0),
          .blocks_in_rows = false,
          .number = {},
          .params = std::move(params)};
}

}  // namespace

const DType* DescribedTypes::find(std::uint64_t quant_id) const {
  const auto found = by_id_.find(quant_id);
  return found == by_id_.end() ? nullptr : &found->second;
}

DType DescribedTypes::unknown() {
  own_.push_back(unknown_type("unknown", "PACKED", Value::map({})));
  return DType(own_.back());
}

std::optional<DType> DescribedTypes::type_of(std::uint64_t id, std::string_view codec, std::string_view name,
                                             const Value* params, const DescribedTypes* index) {
  const Value* ggml = params != nullptr ? params->find("ggml_type") : nullptr;
  std::optional<DType> type;
  if (codec == ggml::kCodec && ggml != nullptr && ggml->is_unsigned() && ggml->bits <= UINT32_MAX) {
    type = ggml_dtype(static_cast<std::uint32_t>(ggml->bits));
  } else if (codec == small_types::kCodec) {
    type = dtype_named(name);
  }
  if (type && type->is_packed()) return type;
  const Value no_params = Value::map({});
  if (params == nullptr) params = &no_params;
  if (const DType* found = index != nullptr ? index->find(id) : nullptr; found != nullptr) {
    const PackedType& known = found->packed();
    if (known.codec == codec && known.name == name && known.params == *params) return *found;
  }
  const std::uint64_t memory = sizeof(PackedType) + codec.size() + name.size() + memory_of(*params);
  if (memory > kMaxMemory - memory_) return std::nullopt;
  memory_ += memory;
  own_.push_back(unknown_type(std::string(codec), std::string(name), *params));
  return DType(own_.back());
}

void DescribedTypes::read(const OpenedFile& file, const DescribedTypes* index, Report& report) {
  const Value* list = &file.manifest.quant_descriptors;
  // One release of the reference has them in MJSN only.
  if (list->type != ValueType::array) list = file.json.find("quant_descriptors");
  if (list == nullptr || list->type != ValueType::array) return;
  for_each_element(list->array(), [&](const Value& descriptor) {
    const Value* id = descriptor.find("id");
    const Value* codec = descriptor.find("codec");
    const Value* name = descriptor.find("quant_name");
    const Value* params = descriptor.find("params");
    const bool sound = id != nullptr && id->is_unsigned() && codec != nullptr &&
                       codec->type == ValueType::string && name != nullptr && name->type == ValueType::string;
    if (!sound) {
      report.fault(Code::dtype, file.where(), "a quant descriptor lacks id, codec or quant_name");
      return true;
    }
    const auto type = type_of(id->bits, codec->text(), name->text(), params, index);
    if (!type) {
      report.unreadable(
          Code::dtype, file.where(),
          "the types that its quant descriptors describe take more than " + human_size(kMaxMemory));
      return false;
    }
    // A known type's are written anew.
    const bool known_params =
        params == nullptr || params->type != ValueType::map || params->map().size() <= 1;
    if (descriptor.map().size() > 4 || (type->packed().params.type == ValueType::null && !known_params)) {
      lost_.push_back("members of the quant descriptor of " + escape_controls(name->text()) +
                      " that this version does not know");
    }
    if (!by_id_.emplace(id->bits, *type).second) {
      report.fault(Code::dtype, file.where(),
                   "quant id " + std::to_string(id->bits) + " has two descriptors");
    }
    return true;
  });
}

}  // namespace aerotool::aero

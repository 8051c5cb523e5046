#include "formats/aero/write/tensor_index.hpp"

#include "codecs/small_types.hpp"
#include "core/text.hpp"
#include "formats/aero/layout.hpp"

namespace aerotool::aero {

std::uint64_t dtype_code(const DType& dtype) {
  return static_cast<std::uint64_t>(dtype.code());
}

void pack_type_params(PackBuffer& out, const PackedType& type) {
  if (type.number) {
    pack_map_header(out, 1);
    pack_text(out, "ggml_type");
    pack_unsigned(out, *type.number);
  } else if (type.codec == small_types::kCodec) {
    pack_map_header(out, 1);
    pack_text(out, "dtype");
    pack_text(out, type.name);
  } else {
    pack_value(out, type.params);
  }
}

namespace {

void pack_line(PackBuffer& out, const IndexLine& line) {
  const Tensor& tensor = *line.tensor;
  const Value* own_params = nullptr;
  const Value* flags = nullptr;
  std::size_t extra_count = 0;
  if (line.extras != nullptr) {
    for (const auto& [key, value] : *line.extras) {
      if (key.text() == "flags") {
        flags = &value;
      } else if (key.text() == "quant_params") {
        own_params = &value;
      } else {
        ++extra_count;
      }
    }
  }
  const bool params = line.quant_id || own_params != nullptr;
  pack_map_header(out, 7 + (line.quant_id ? 1 : 0) + (params ? 1 : 0) + (line.digest != nullptr ? 1 : 0) +
                           (line.role.empty() ? 0 : 1) + extra_count);
  pack_text(out, "name");
  pack_text(out, tensor.name);
  pack_text(out, "dtype");
  pack_unsigned(out, dtype_code(tensor.dtype));
  pack_text(out, "shape");
  pack_array_header(out, tensor.shape.size());
  for (const std::uint64_t dimension : tensor.shape) pack_unsigned(out, dimension);
  pack_text(out, "shard_id");
  pack_unsigned(out, line.shard_id);
  pack_text(out, "data_off");
  pack_unsigned(out, line.data_offset);
  pack_text(out, "data_len");
  pack_unsigned(out, tensor.size);
  pack_text(out, "flags");
  pack_unsigned(out, flags != nullptr ? flags->bits : 0);
  if (line.quant_id) {
    pack_text(out, "quant_id");
    pack_unsigned(out, *line.quant_id);
  }
  if (params) {
    pack_text(out, "quant_params");
    if (own_params != nullptr) {
      pack_value(out, *own_params);
    } else {
      pack_type_params(out, tensor.dtype.packed());
    }
  }
  if (line.digest != nullptr) {
    pack_text(out, "hash_b3");
    pack_text(out, to_hex(*line.digest));
  }
  if (!line.role.empty()) {
    pack_text(out, kPartKey);
    pack_array_header(out, 2);
    pack_text(out, line.object);
    pack_text(out, line.role);
  }
  if (line.extras == nullptr) return;
  for (const auto& [key, value] : *line.extras) {
    if (key.text() == "flags" || key.text() == "quant_params") continue;
    pack_value(out, key);
    pack_value(out, value);
  }
}

}  // namespace

std::string render_tensor_index(std::size_t count, std::uint64_t name_bytes,
                                const std::function<IndexLine(std::size_t)>& line_at) {
  PackBuffer out;
  // Memory that is not touched costs nothing; growing by doubling would hold nearly all of it twice.
  constexpr std::uint64_t kEntryBytes = 192;  // but for the name and what else the file had: seldom more
  out.bytes.reserve(name_bytes + kEntryBytes * count);
  pack_map_header(out, 1);
  pack_text(out, "tensors");
  pack_array_header(out, count);
  for (std::size_t i = 0; i < count; ++i) pack_line(out, line_at(i));
  return std::move(out.bytes);
}

}  // namespace aerotool::aero

// TIDX: the tensors of an AERO file (src/formats/aero/FORMAT.md, "TIDX"), written as msgpack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "encoding/msgpack/pack.hpp"
#include "encoding/value.hpp"
#include "hash/digest.hpp"
#include "model/tensor.hpp"

namespace aerotool::aero {

/// What an entry is written from.
struct IndexLine {
  const Tensor* tensor = nullptr;
  std::uint64_t shard_id = 0;
  std::uint64_t data_offset = 0;
  std::optional<std::uint64_t> quant_id;
  const Digest* digest = nullptr;  ///< written as hash_b3
  const MapItems* extras = nullptr;
  /// The object that it is a part of, and its role in it; empty where it is none.
  std::string_view object = {};
  std::string_view role = {};
};

/// The code that TIDX gives a dtype.
std::uint64_t dtype_code(const DType& dtype);

/// `params` as written for a packed type: {"ggml_type": 12}, {"dtype": "F8_E4M3"}, or what the file had.
void pack_type_params(PackBuffer& out, const PackedType& type);

/// `line_at` is asked once for each line, in order. `name_bytes`: about those of all names together, for the
/// memory to be had at once.
std::string render_tensor_index(std::size_t count, std::uint64_t name_bytes,
                                const std::function<IndexLine(std::size_t)>& line_at);

}  // namespace aerotool::aero

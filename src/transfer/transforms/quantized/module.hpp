// The tensors of one quantized module, held to what a layout asks of them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/quantization_config.hpp"
#include "model/quantized_modules.hpp"
#include "transfer/transforms/quantized/part_cache.hpp"
#include "transfer/transforms/quantized_weights.hpp"

namespace aerotool::quantized {

/// ceil(count / size); size is not 0.
constexpr std::uint64_t pieces_of(std::uint64_t count, std::uint64_t size) {
  return count / size + (count % size != 0 ? 1 : 0);
}

/// Where an index says which groups inputs are in, all scales of an output are read for every few thousand of
/// its numbers. Models have a tenth of so many.
constexpr std::uint64_t kMostIndexedGroups = std::uint64_t{1} << 15;

class Module {
 public:
  Module(const Model& model, const QuantizationConfig& config, const QuantizedGroup& group,
         std::shared_ptr<PartCache> cache)
      : model_(model), config_(config), group_(group), cache_(std::move(cache)) {}

  const QuantizationConfig& config() const { return config_; }
  const std::shared_ptr<PartCache>& cache() const { return cache_; }
  bool has(QuantRole role) const { return group_.has(role); }
  /// One that there is.
  const Tensor& tensor(QuantRole role) const { return model_.tensors()[group_.tensor(role)]; }
  StoredTensor stored(QuantRole role) const { return {&model_, group_.tensor(role)}; }
  bool is(QuantRole role, DTypeCode dtype) const { return has(role) && tensor(role).dtype == DType(dtype); }
  bool is(QuantRole role, std::string_view dtype) const {
    return has(role) && tensor(role).dtype.name() == dtype;
  }
  bool is_called(QuantRole role, std::string_view ending) const {
    return has(role) && tensor(role).name.ends_with(ending);
  }

  /// Throws UnsupportedError that names the codes, or another tensor.
  [[noreturn]] void refuse(const std::string& why) const { refuse(QuantRole::codes, why); }
  [[noreturn]] void refuse(QuantRole role, const std::string& why) const;
  /// That the configuration says something else: "config.json says bits 3, not 4".
  [[noreturn]] void refuse_config(const std::string& what) const;

  /// Throws UnsupportedError where the configuration's method is none of these, or nothing is said.
  void require_method(std::string_view layout, std::initializer_list<std::string_view> methods) const;
  /// Throws UnsupportedError where a tensor is missing or has a dtype that is none of these.
  void require_dtype(QuantRole role, std::initializer_list<std::string_view> dtypes) const;
  /// Throws CorruptError where a tensor has another shape.
  void require_shape(QuantRole role, std::initializer_list<std::uint64_t> shape) const;
  void require_shape(QuantRole role, const Shape& shape) const;
  /// Throws UnsupportedError where the module has tensors for other purposes.
  void require_only(std::initializer_list<QuantRole> roles) const;
  /// Throws UnsupportedError where an index speaks of more groups than kMostIndexedGroups.
  void require_few_groups(std::uint64_t groups) const;
  /// Throws UnsupportedError where it has a number that is another one; nothing said is fine.
  void require_said(const Value& map, std::string_view key, std::uint64_t number) const;

  /// Of floats, or of U8 that are the exponents of F8_E8M0.
  std::shared_ptr<const ValueSource> numbers(QuantRole role) const;
  /// Of one number.
  std::shared_ptr<const ValueSource> one_number(QuantRole role) const;

  /// The weight that all tensors of the module make. Throws CorruptError where its size would pass 2^64.
  QuantizedWeight weight(std::string layout, Shape shape, std::shared_ptr<const ValueSource> values) const;
  /// The same, called otherwise than M.weight.
  QuantizedWeight weight_called(std::string name, std::string layout, Shape shape,
                                std::shared_ptr<const ValueSource> values) const;
  std::string_view name() const { return group_.name; }

 private:
  const Model& model_;
  const QuantizationConfig& config_;
  const QuantizedGroup& group_;
  std::shared_ptr<PartCache> cache_;
};

// What each of these is, and how it is recognised: src/formats/safetensors/QUANTIZATION.md. They throw what
// quantized_weights() throws.
QuantizedWeight fp8_weight(const Module& module);             ///< M.weight F8
QuantizedWeight fp4_weight(const Module& module);             ///< M.weight U8 or I8, or M.weight_packed U8
QuantizedWeight int8_weight(const Module& module);            ///< M.weight I8
QuantizedWeight packed_int_weight(const Module& module);      ///< M.weight_packed I32
QuantizedWeight packed_columns_weight(const Module& module);  ///< M.qweight: AWQ and GPTQ
QuantizedWeight mxfp4_blocks_weight(const Module& module);    ///< M_blocks
QuantizedWeight bitsandbytes_weight(const Module& module);    ///< M.weight U8 or I8 with a state

}  // namespace aerotool::quantized

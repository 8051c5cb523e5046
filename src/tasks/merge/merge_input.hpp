// A model as merges see it: its tensors by name, and their numbers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "model/object.hpp"
#include "transfer/transforms/merge/merged_values.hpp"
#include "transfer/transforms/quantized/part_cache.hpp"

namespace aerotool::tasks {

class MergeInput {
 public:
  /// What becomes of weights that several tensors hold between them: codes, scales, ...
  enum class Quantized {
    decoded,  ///< they are one tensor
    apart     ///< its tensors are copied as they are
  };

  /// The model outlives this. The inputs of a merge share `cache`.
  MergeInput(const Model& model, Quantized quantized, const std::shared_ptr<quantized::PartCache>& cache);

  const Model& model() const { return *model_; }
  /// The numbers of its tensors here, in the order of their names.
  const std::vector<std::uint32_t>& by_name() const { return by_name_; }
  /// One that is decoded has no bytes of its own.
  const Tensor& tensor(std::size_t number) const;
  bool is_decoded(std::size_t number) const { return number >= model_->tensors().size(); }
  bool has_decoded() const { return !decoded_.empty(); }
  std::optional<std::size_t> find(const std::string& name) const;
  /// Its embedding, where this is the name of a head, which may be the same.
  std::optional<std::size_t> find_tied(const std::string& name) const;

  /// Whether it is one of several parts of an object: its numbers alone mean nothing.
  bool is_part(std::size_t number) const;

  /// Of one that is decoded, its codes.
  StoredTensor stored(std::size_t number) const;
  /// Null where its elements are no floating-point numbers, or those of a part.
  merging::Values values(std::size_t number) const;

 private:
  // NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
  struct Decoded {
    Tensor tensor;
    std::size_t codes = 0;
    merging::Values values;
  };

  const Model* model_;
  std::vector<Decoded> decoded_;  // numbered behind the model's tensors
  std::vector<std::uint32_t> by_name_;
  ObjectsOfTensors objects_;
};

/// Whether a tensor has a row for each word of the vocabulary, as its name says.
bool has_vocabulary(const std::string& name);

}  // namespace aerotool::tasks

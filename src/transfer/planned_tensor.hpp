// One tensor that is to be written: what it is called and what it is, and where its bytes come from.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "transfer/byte_source.hpp"

namespace aerotool {

/// A tensor of a model as it is, `{model, index}`, or what described_as() and computed() make. A plan may
/// have as many as a model has tensors: what is not unchanged is held apart.
struct PlannedTensor {
  struct Made {
    Tensor tensor;
    std::shared_ptr<const ByteSource> bytes;  ///< null: those that the model stores
  };

  /// The model's tensor that is written, or whose place this one takes; null: it is a new one.
  const Model* model = nullptr;
  std::size_t index = 0;                  ///< into model->tensors()
  std::shared_ptr<const Made> made = {};  ///< null: the model's tensor is written as it is

  /// What is written: name, dtype, shape and size. What else stands there is the source's.
  const Tensor& tensor() const { return made ? made->tensor : model->tensors()[index]; }
  bool is_unchanged() const { return made == nullptr; }
  /// It takes the place of a model's tensor of another name.
  bool is_renamed() const {
    return made && model != nullptr && model->tensors()[index].name != made->tensor.name;
  }
  /// The bytes are those that the model stores.
  bool is_stored() const { return made == nullptr || made->bytes == nullptr; }
  /// What the model says that the bytes hash to, where they are those that it stores.
  const std::optional<Digest>& stored_digest() const;
  /// Stored tensors that are read for it: the one that it is, or what it is computed from.
  std::vector<StoredTensor> inputs() const;

  /// Fills `out` with the bytes from `offset` on; the range is inside of the tensor. Thread-safe. Throws what
  /// Model::read throws.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  /// How messages name the file, and the model, that it comes from.
  const std::string& path() const;
  const std::string& model_path() const;
};

/// The bytes that a model stores under another description. Throws CorruptError where that has another size.
PlannedTensor described_as(StoredTensor stored, Tensor description);

/// Bytes that are made; the size is theirs. `place`: whose place among the tensors of a model it takes.
/// Throws CorruptError where the description has another size.
PlannedTensor computed(Tensor description, std::shared_ptr<const ByteSource> bytes, StoredTensor place = {});

/// Whether its bytes are those that a model stores, under the dtype and shape that they have there.
bool is_as_stored(const PlannedTensor& planned);

/// The same under another name.
PlannedTensor renamed(const PlannedTensor& planned, std::string name);

}  // namespace aerotool

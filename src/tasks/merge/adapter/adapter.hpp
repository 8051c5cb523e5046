// An adapter (LoRA): what it changes of a model, whichever tool wrote it
// (src/tasks/merge/adapter/ADAPTERS.md).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace aerotool::tasks {

/// A product of two matrices that is added to a weight.
struct AdapterChange {
  std::string module;        ///< as the base calls it, without ".weight"
  bool underscored = false;  ///< underscores stand for its dots
  bool embedding = false;    ///< the product is turned: [words, out]
  std::size_t down = 0;      ///< tensors of the adapter
  std::size_t up = 0;
  std::uint64_t rank = 0;
  double scale = 1;
};

/// A tensor that takes the place of one of the base.
struct AdapterWhole {
  std::string name;  ///< as the base calls it
  std::size_t tensor = 0;
};

struct Adapter {
  enum class Kind {
    peft,
    gguf,
    other  ///< kohya, ComfyUI, diffusers
  } kind = Kind::other;
  std::vector<AdapterChange> changes;  ///< in the order of their modules
  std::vector<AdapterWhole> whole;
  /// Whether PEFT says that square weights are stored as [in, out].
  bool fan_in_fan_out = false;
};

/// Reads what the adapter says of itself, and none of its matrices. Throws UnsupportedError for adapters of
/// other kinds, and CorruptError.
Adapter read_adapter(const Model& model);

}  // namespace aerotool::tasks

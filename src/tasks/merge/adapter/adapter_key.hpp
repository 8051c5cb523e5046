// What the name of a tensor of an adapter says (src/tasks/merge/adapter/ADAPTERS.md).
#pragma once

#include <string>
#include <string_view>

namespace aerotool::tasks {

enum class AdapterPart {
  down,            ///< [rank, in]
  up,              ///< [out, rank]
  embedding_down,  ///< [rank, words]
  embedding_up,    ///< [out, rank]
  alpha,           ///< a number
  whole            ///< it takes the place of a tensor of the base
};

struct AdapterKey {
  AdapterPart part = AdapterPart::whole;
  /// Of what it is a part: a module, without ".weight"; of a whole tensor its name.
  std::string module;
  /// Nobody can tell where the dots of the module's name were: they are underscores.
  bool underscored = false;
};

/// What the name says. Throws UnsupportedError, which names the file and the tensor, where it belongs to an
/// adapter that is no LoRA.
AdapterKey adapter_key(std::string_view name, const std::string& path);

/// Whether the name is that of a matrix of a LoRA adapter.
bool is_part_of_adapter(std::string_view name);

}  // namespace aerotool::tasks

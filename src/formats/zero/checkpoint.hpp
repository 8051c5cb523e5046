// What the files of a DeepSpeed checkpoint say: parameters, and where each process has which part of them
// (src/formats/zero/FORMAT.md). Nothing of their pickles is run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "formats/torch/types.hpp"
#include "formats/zero/files.hpp"
#include "io/few_open.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::zero {

/// A run of bytes of a file.
struct Piece {
  std::uint32_t file = 0;  ///< of Checkpoint::files
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// The pieces end to end are the parameter.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Parameter {
  std::string name;
  const torch::ElementType* type = nullptr;
  Shape shape;
  std::vector<Piece> pieces;
};

struct Checkpoint {
  int stage = 0;  ///< 0 of a universal one
  std::vector<std::string> files;
  std::vector<Parameter> parameters;
  std::vector<std::string> buffers;  ///< which stand in the model's state as they are
  /// A name, and the one of the tensor that it is.
  std::vector<std::pair<std::string, std::string>> shared;
};

/// Throws CorruptError and UnsupportedError; what is odd in the pickles is told.
Checkpoint read_checkpoint(const CheckpointFiles& files, const io::FewOpen& open, Report& report);

}  // namespace aerotool::zero

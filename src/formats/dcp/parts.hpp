// Checkpoints without an index, of which each process's file says which parts of tensors it has: as the
// index of one (src/formats/dcp/FORMAT.md, "Without an index").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/dcp/index.hpp"
#include "formats/dcp/index_builder.hpp"
#include "model/metadata.hpp"

namespace aerotool::dcp {

struct Parts {
  std::string shown;                 ///< what such a checkpoint is called
  Index index;                       ///< whose items are the bytes of chunks, as they are
  std::vector<std::uint64_t> sizes;  ///< of its files
  Metadata metadata;
  bool are_archives = false;  ///< the files are those of torch.save(), which have CRC-32s
};

/// A part of a tensor: so many elements along each dimension, from `begin` on.
// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct Part {
  const torch::ElementType* type = nullptr;
  std::string type_name;  ///< where that is not known
  Shape begin;
  Shape size;
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;
};

/// Functions throw TooMuch.
class PartsBuilder {
 public:
  /// Those that are added from here on lie in it.
  void begin_file(const std::string& name, std::uint64_t size);
  void add(const std::string& name, Part part);
  /// How large a tensor is; without, as large as its parts reach. False where that was said otherwise.
  bool set_shape(const std::string& name, const Shape& shape);
  /// Why nothing can be made of it; the first one is told.
  void set_problem(const std::string& name, Code code, std::string problem);
  bool knows(const std::string& name) const { return known_.contains(name); }

  /// With nothing but the index and the sizes of its files.
  Parts finish();

 private:
  // NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
  struct Whole {
    std::string name;
    const torch::ElementType* type = nullptr;
    std::string type_name;
    std::optional<Shape> shape;
    std::vector<IndexBuilder::Chunk> chunks;
    Shape reach;  ///< of its parts
    std::string problem;
    Code code = Code::malformed;
  };

  Whole& whole(const std::string& name);

  IndexBuilder builder_;
  std::vector<Whole> wholes_;
  std::unordered_map<std::string, std::size_t> known_;
  std::string file_;
  std::vector<std::uint64_t> sizes_;
};

}  // namespace aerotool::dcp

// An item of a checkpoint: a whole archive of torch.save(), which lies in a file at any place, perhaps
// compressed as a whole (src/formats/dcp/FORMAT.md, "Items").
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "formats/dcp/files.hpp"
#include "formats/dcp/index.hpp"
#include "formats/torch/reader.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::dcp {

/// The chunk sizes, as a tensor of ours has them.
Shape shape_of_chunk(const Index& index, const Key& key, std::uint64_t chunk);

class Items {
 public:
  /// Both outlive this.
  Items(const Index& index, const Files& files) : index_(index), files_(files) {}

  /// What an item is, whatever is in it: an object's, or that of a chunk. A compressed one is unpacked into a
  /// file. Thread-safe. Throws CorruptError and UnsupportedError.
  std::shared_ptr<io::Input> open(const Key& key, std::uint64_t chunk) const;

  /// The one tensor that is a chunk, held to what the index says of it. What is wrong is told with its name;
  /// throws CorruptError and UnsupportedError where it is not that tensor.
  std::unique_ptr<torch::TorchModel> open_chunk(const Key& key, std::uint64_t chunk, Report& report) const;

 private:
  const Index& index_;
  const Files& files_;
};

}  // namespace aerotool::dcp

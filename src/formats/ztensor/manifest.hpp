// The index of a zTensor file of any version, object by object (src/formats/ztensor/FORMAT.md, "Version 0.1",
// "Manifest").
#pragma once

#include <functional>
#include <span>
#include <string>

#include "core/bytes.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {

/// Is told what an index holds, in its order.
struct IndexVisitor {
  /// Of version 2, before the first object.
  std::function<void(std::span<const ShardEntry>)> shards = [](std::span<const ShardEntry>) {};
  /// The entry is valid during the call, and what it borrows as long as the index and its Root.
  std::function<void(const ObjectEntry&)> object;
};

/// Reads the whole index, whose bytes outlive what is read of it. What the index says of places, types and
/// sizes is not judged here. Throws CorruptError, as an index that is not read to its end says nothing sure.
Root read_manifest(ByteSpan manifest, const Container& container, const std::string& path,
                   const IndexVisitor& visitor);

}  // namespace aerotool::ztensor

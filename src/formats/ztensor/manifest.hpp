// The index of a zTensor file of any version, object by object (src/formats/ztensor/FORMAT.md, "Version 0.1",
// "Manifest").
#pragma once

#include <functional>
#include <string>

#include "core/bytes.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/layout.hpp"

namespace aerotool::ztensor {

/// Is handed each object in the order of the index; the entry is valid during the call, and what it borrows
/// as long as the index.
using TakeObject = std::function<void(const ObjectEntry&)>;

/// Reads the whole index, whose bytes outlive what is read of it. What the index says of places, types and
/// sizes is not judged here. Throws CorruptError, as an index that is not read to its end says nothing sure.
Root read_manifest(ByteSpan manifest, const Container& container, const std::string& path,
                   const TakeObject& take);

}  // namespace aerotool::ztensor

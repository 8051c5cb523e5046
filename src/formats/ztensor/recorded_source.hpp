// What brings a zTensor file back byte for byte (src/formats/ztensor/FORMAT.md, "What AERO records").
#pragma once

#include "core/bytes.hpp"
#include "formats/ztensor/container.hpp"
#include "formats/ztensor/part_reader.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "io/input.hpp"
#include "model/source.hpp"

namespace aerotool::ztensor {

/// Adds the index, what lies between blobs, and encoded parts that the reference's encoder does not make;
/// nothing of a canonical file with nothing between its blobs, and nothing where that is too much, or the
/// file has shards, which `left_out` says. Decodes what is encoded.
void record_layout(const io::Input& input, const Container& container, const TensorTable& table,
                   const PartReader& reader, bool is_canonical, Source& source);

}  // namespace aerotool::ztensor

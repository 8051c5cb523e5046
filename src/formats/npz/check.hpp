// What only reading the bytes of an archive shows: CRC-32s, deflated data, values.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "encoding/zip/archive.hpp"
#include "formats/npz/array_reader.hpp"
#include "io/input.hpp"
#include "model/model.hpp"

namespace aerotool::npz {

struct CheckedArchive {
  const io::Input& input;
  const zip::Archive& archive;
  const std::vector<Tensor>& tensors;
  const std::vector<StoredArray>& arrays;
  const ArrayReader& reader;
  const std::set<std::size_t>& told;  ///< members whose bytes are known to be broken
};

/// One read over every member that can be read; the values of what is not stored plainly are read once more.
void check_data(const CheckedArchive& checked, const CheckOptions& options, Report& report);

}  // namespace aerotool::npz

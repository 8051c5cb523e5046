// What only reading the data of a zTensor file shows: digests, encodings, the rules of sparse layouts,
// padding.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "formats/ztensor/part_reader.hpp"
#include "formats/ztensor/shard_file.hpp"
#include "formats/ztensor/tensor_table.hpp"
#include "io/input.hpp"
#include "model/model.hpp"

namespace aerotool::ztensor {

struct CheckedFile {
  /// Its own and its shards; null where one is missing.
  const std::vector<std::shared_ptr<io::Input>>& files;
  std::span<const ShardFile> shards;
  const TensorTable& table;
  const PartReader& reader;
  std::uint64_t alignment = 0;
  std::uint64_t blobs_end = 0;  ///< in its own file
  bool checks_bools = false;    ///< a bool is 0 or 1
  unsigned jobs = 1;

  std::uint64_t blobs_end_of(std::uint32_t number) const {
    return number == 0 ? blobs_end : files[number]->size() - kFooterSize;
  }
};

/// One read over what is to be decoded, hashed or looked at; indexes of sparse objects are read once more.
void check_data(const CheckedFile& file, const CheckOptions& options, Report& report);

}  // namespace aerotool::ztensor

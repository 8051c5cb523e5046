// The bytes of many parts as one run, for a check over one read: those that cannot be read are noted and
// passed over.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "formats/ztensor/part_reader.hpp"
#include "formats/ztensor/tensor_table.hpp"

namespace aerotool::ztensor {

class PartStream {
 public:
  /// `tensors`, each once, in the order in which they are read. `throws`: what is wrong with one is not
  /// noted, but thrown.
  PartStream(const PartReader& reader, const TensorTable& table, std::vector<std::uint32_t> tensors,
             bool throws);

  std::span<const std::uint32_t> tensors() const { return tensors_; }
  /// Of each of them, where it begins in the run.
  std::span<const std::uint64_t> begins() const { return begins_; }
  std::uint64_t length() const { return length_; }

  /// Fills `out` from `offset` on; zeros where a part cannot be read. Thread-safe.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

  struct Broken {
    Code code = Code::malformed;
    Where where;
    std::string message;
  };
  /// What was wrong with a part, by its place among tensors(), as far as it has been read. Thread-safe.
  std::optional<Broken> broken(std::size_t at) const;

 private:
  void read_part(std::size_t at, std::uint64_t offset, std::span<std::byte> out) const;

  const PartReader& reader_;
  const TensorTable& table_;
  std::vector<std::uint32_t> tensors_;
  bool throws_;
  std::vector<std::uint64_t> begins_;
  std::uint64_t length_ = 0;
  mutable std::mutex mutex_;
  mutable std::map<std::size_t, Broken> broken_;
};

}  // namespace aerotool::ztensor

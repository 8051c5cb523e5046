// The rules that a header's tensors have to keep: each by itself, and all together over the data section.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors/parse.hpp"
#include "model/report.hpp"
#include "model/tensor.hpp"

namespace aerotool::safetensors {

/// Takes the entries of a header in header order and makes Tensors of them.
class Layout {
 public:
  /// The data section of `path`: where it begins in the file and how long it is. The report outlives this.
  Layout(std::string path, std::uint64_t data_start, std::uint64_t data_size, Report& report);

  /// Room for as many tensors as a header of this length can name.
  void reserve_for(std::uint64_t header_length);

  /// Checks one entry by itself.
  void add(const HeaderEntry& entry);
  /// Notes what the parser found wrong.
  void defect(std::string_view tensor, std::string message);

  /// Checks that the tensors tile the data section. Returns them in the order of their data, ties in header
  /// order; those with a fault, which only a judging report survives, are left out. Call it once.
  std::vector<Tensor> finish();

 private:
  Where place(std::string_view tensor) const;
  Where place(std::string_view tensor, std::uint64_t offset) const;
  void unsupported(Where where, std::string message);
  std::optional<std::uint64_t> size_of(const HeaderEntry& entry, DType& dtype);
  std::vector<std::uint32_t> data_order() const;
  void check_tiling(const std::vector<std::uint32_t>& order);
  void note_overlap(const Tensor& tensor, const Tensor& other);
  void note_hole(std::uint64_t begin, std::uint64_t end, const Tensor* before, const Tensor* after);

  std::string path_;
  std::uint64_t data_start_;
  std::uint64_t data_size_;
  Report& report_;
  // In header order; until finish() the offsets are relative to the data section.
  std::vector<Tensor> tensors_;
  std::vector<bool> sound_;
  std::uint64_t unplaced_ = 0;  // entries that do not say where their bytes are
};

}  // namespace aerotool::safetensors

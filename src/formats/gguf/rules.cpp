#include "formats/gguf/rules.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/gguf/gaps.hpp"
#include "model/cut_off.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::gguf {
namespace {

/// A tensor without bytes lacks nothing as long as it does not begin past the padding that a file may leave
/// out at its end; one that should have some, but whose size is not known, ends where the file does.
bool lies_in_file(const Tensor& tensor, std::uint64_t data_size, std::uint64_t alignment) {
  if (tensor.size != 0) return range_fits(tensor.offset, tensor.size, data_size);
  if (is_unmeasured(tensor.dtype) && element_count(tensor.shape) != 0) return false;
  return tensor.offset <= align_up(data_size, alignment);
}

/// Tensors of types that GGUF does not define have the size that its blocks say where the next tensor begins
/// right behind that; else they reach to the next tensor, and the last one to the end of the file. `tensors`
/// are in the order of their offsets.
void measure_others(std::vector<Tensor>& tensors, ParsedHead& head, std::uint64_t data_size) {
  std::optional<std::uint64_t> next;  // where the first tensor behind this one begins
  for (std::size_t i = tensors.size(); i-- > 0;) {
    Tensor& tensor = tensors[i];
    if (i + 1 < tensors.size() && tensors[i + 1].offset > tensor.offset) next = tensors[i + 1].offset;
    const auto id = ggml_id(tensor.dtype);
    if (!id || is_gguf_type(*id)) continue;
    const auto end = checked_add(tensor.offset, tensor.size);
    const bool fits = !next || (end && checked_align(*end, head.alignment) == next);
    if (fits && !is_unmeasured(tensor.dtype)) continue;
    const std::uint64_t limit = std::min(next.value_or(data_size), data_size);
    tensor.dtype = head.others.unmeasured(*id);
    const bool has_bytes = element_count(tensor.shape) != 0 && limit > tensor.offset;
    tensor.size = has_bytes ? limit - tensor.offset : 0;
  }
}

void drop_cut_off(std::vector<Tensor>& tensors, const ParsedHead& head, const io::Input& input,
                  Report& report) {
  const std::uint64_t size = data_size(head.data_begin, input);
  CutOff cut_off;
  std::erase_if(tensors, [&](const Tensor& tensor) {
    if (lies_in_file(tensor, size, head.alignment)) return false;
    // One of unknown size lacks a byte at least.
    const std::uint64_t least = is_unmeasured(tensor.dtype) ? 1 : 0;
    cut_off.add(tensor.name, checked_add(head.data_begin, tensor.offset).value_or(tensor.offset),
                std::max(tensor.size, least));
    return true;
  });
  cut_off.report(input.name(), input.size(), report);
}

/// Leaves out tensors that begin before the end of another.
void drop_overlapping(std::vector<Tensor>& tensors, const io::Input& input, Report& report) {
  std::size_t kept = 0;
  std::size_t before = 0;  // among those kept: the tensor whose bytes reach furthest so far
  std::uint64_t end = 0;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i];
    if (tensor.size != 0 && tensor.offset < end) {
      report.unreadable(Code::overlap, {input.name(), {}, tensor.name},
                        "begins at byte " + std::to_string(tensor.offset) + ", inside tensor '" +
                            escape_controls(tensors[before].name) + "', which ends at byte " +
                            std::to_string(end));
      continue;
    }
    if (tensor.size != 0) {
      before = kept;
      end = tensor.offset + tensor.size;
    }
    if (kept != i) tensors[kept] = std::move(tensors[i]);
    ++kept;
  }
  tensors.resize(kept);
}

}  // namespace

std::vector<Tensor> place_tensors(ParsedHead& head, const io::Input& input, Report& report) {
  std::vector<Tensor> tensors = std::move(head.tensors);
  const auto earlier = [](const Tensor& a, const Tensor& b) { return a.offset < b.offset; };
  if (!std::is_sorted(tensors.begin(), tensors.end(), earlier)) {
    std::stable_sort(tensors.begin(), tensors.end(), earlier);
  }
  if (!head.others.empty()) measure_others(tensors, head, data_size(head.data_begin, input));
  drop_cut_off(tensors, head, input, report);
  for (Tensor& tensor : tensors) tensor.offset += head.data_begin;
  drop_overlapping(tensors, input, report);
  return tensors;
}

}  // namespace aerotool::gguf

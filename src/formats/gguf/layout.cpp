#include "formats/gguf/layout.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/checked.hpp"
#include "core/text.hpp"
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

class GapFinder {
 public:
  GapFinder(std::uint64_t data_begin, const io::Input& input) : data_begin_(data_begin), input_(input) {}

  /// Between `begin` and `end` in the data section, where the writer would put `expected` zeros.
  void look(std::uint64_t begin, std::uint64_t end, std::uint64_t expected) {
    const std::uint64_t length = end - begin;
    if (length == expected && all_zero(begin, length)) return;
    total_ += length;
    if (total_ > kMaxGapBytes) {
      throw UnsupportedError({input_.name(), data_begin_ + begin, {}},
                             "more than " + human_size(kMaxGapBytes) +
                                 " of the file belong to no tensor, which is more than can be carried");
    }
    std::vector<std::byte> bytes(length);
    if (length != 0) input_.read(data_begin_ + begin, bytes);
    gaps_.emplace_back(begin, Bytes::own(std::move(bytes)));
  }

  std::vector<std::pair<std::uint64_t, Bytes>> finish() { return std::move(gaps_); }

 private:
  bool all_zero(std::uint64_t begin, std::uint64_t length) {
    while (length > 0) {
      const auto piece = std::span(block_).first(std::min<std::uint64_t>(length, block_.size()));
      input_.read(data_begin_ + begin, piece);
      if (std::any_of(piece.begin(), piece.end(), [](std::byte b) { return b != std::byte{0}; }))
        return false;
      begin += piece.size();
      length -= piece.size();
    }
    return true;
  }

  std::uint64_t data_begin_;
  const io::Input& input_;
  std::vector<std::byte> block_ = std::vector<std::byte>(std::size_t{64} << 10);
  std::vector<std::pair<std::uint64_t, Bytes>> gaps_;
  std::uint64_t total_ = 0;
};

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

std::vector<std::pair<std::uint64_t, Bytes>> find_gaps(std::span<const Tensor> tensors,
                                                       std::uint64_t data_begin, std::uint64_t alignment,
                                                       const io::Input& input) {
  GapFinder finder(data_begin, input);
  std::uint64_t end = 0;
  for (const Tensor& tensor : tensors) {
    if (tensor.size == 0) continue;
    const std::uint64_t begin = tensor.offset - data_begin;
    finder.look(end, begin, align_up(end, alignment) - end);
    end = begin + tensor.size;
  }
  finder.look(end, data_size(data_begin, input), align_up(end, alignment) - end);
  return finder.finish();
}

}  // namespace aerotool::gguf

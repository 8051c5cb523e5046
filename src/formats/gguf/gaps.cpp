#include "formats/gguf/gaps.hpp"

#include <algorithm>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::gguf {

namespace {

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

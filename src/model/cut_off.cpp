#include "model/cut_off.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/text.hpp"

namespace aerotool {

std::string bytes_needed(std::uint64_t file_size, std::string_view what, std::uint64_t needed) {
  return "the file has " + with_thousands(file_size) + (file_size == 1 ? " byte" : " bytes") + ", but its " +
         std::string(what) + " need " + with_thousands(needed);
}

void CutOff::add(std::string_view tensor, std::uint64_t offset, std::uint64_t size) {
  // What an offset that lies says stays below 2^64.
  size = std::min(size, std::numeric_limits<std::uint64_t>::max() - offset);
  add_other(offset + size);
  if (count_++ == 0 || offset < first_.offset) first_ = {std::string(tensor), {}, offset, size};
  if (hit_.size() < Report::kMaxHits) hit_.push_back({std::string(tensor), {}, offset, size});
}

void CutOff::add_other(std::uint64_t end) {
  needed_ = std::max(needed_, end);
}

void CutOff::report(const std::string& path, std::uint64_t file_size, Report& report) {
  if (count_ == 0) return;
  const std::string first = "'" + escape_controls(shortened(first_.name)) + "'";
  std::string message = bytes_needed(file_size, "tensors", needed_);
  message += count_ == 1 ? ": tensor " + first + " is cut off"
                         : ": " + plural(count_, "tensor") + " are cut off, the first is " + first;
  for (HitTensor& tensor : hit_) tensor.path = path;
  // In use the message says it all.
  if (!report.judging()) hit_.clear();
  report.unreadable(Code::short_file, {path, {}, {}}, std::move(message), std::move(hit_));
}

}  // namespace aerotool

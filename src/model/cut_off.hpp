// A file that ends before what it describes: one fault, however many tensors that hits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"

namespace aerotool {

class CutOff {
 public:
  /// A tensor that does not end inside the file; `offset` is the one in the file.
  void add(std::string_view tensor, std::uint64_t offset, std::uint64_t size);
  /// Something else that would end at `end`: it counts towards what the file needs.
  void add_other(std::uint64_t end);

  std::uint64_t tensor_count() const { return count_; }
  /// Reports them as unreadable, where there are any.
  void report(const std::string& path, std::uint64_t file_size, Report& report);

 private:
  std::vector<HitTensor> hit_;  // the first ones that were added
  HitTensor first_;             // in the file
  std::uint64_t count_ = 0;
  std::uint64_t needed_ = 0;
};

/// The head of such a message: "the file has 1,234 bytes, but its tensors need 5,678".
std::string bytes_needed(std::uint64_t file_size, std::string_view what, std::uint64_t needed);

}  // namespace aerotool

// What is odd in a pickle that can be read all the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "encoding/pickle/limits.hpp"

namespace aerotool::pickle {

/// Two programs can see different things in each of these: src/encoding/pickle/FORMAT.md, "Oddities".
enum class Trick : std::uint8_t {
  protocol,     ///< PROTO that is not the first opcode, or stands twice
  frame,        ///< FRAME that does not hold what follows it
  call,         ///< REDUCE or NEWOBJ of what is no global
  global_name,  ///< a module or name that is no identifier
  left_over,    ///< values or marks that are on the stack at STOP
  rest,         ///< bytes behind STOP
};

struct Oddity {
  Trick trick = Trick::protocol;
  std::uint64_t offset = 0;  ///< in the path that the source names
  std::string message;
};

/// No more than kMaxOddities are kept; the others are counted.
class Oddities {
 public:
  void add(Trick trick, std::uint64_t offset, std::string message) {
    if (list_.size() == kMaxOddities) {
      ++omitted_;
      return;
    }
    list_.push_back({trick, offset, std::move(message)});
  }
  /// Those that one pass found among those of the other.
  void sort() {
    std::stable_sort(list_.begin(), list_.end(),
                     [](const Oddity& a, const Oddity& b) { return a.offset < b.offset; });
  }
  const std::vector<Oddity>& list() const { return list_; }
  std::uint64_t omitted() const { return omitted_; }

 private:
  std::vector<Oddity> list_;
  std::uint64_t omitted_ = 0;
};

}  // namespace aerotool::pickle

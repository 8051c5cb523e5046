// Versions 1.0 and 1.1 do not say what the zstd frames of sparse and other objects decode to, and no shape
// tells it: only decoding does (src/formats/ztensor/FORMAT.md, "Manifest").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "formats/ztensor/container.hpp"
#include "formats/ztensor/layout.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::ztensor {

class MeasuredFrames {
 public:
  /// All frames of a file together decode to at most this; a longer one is not measured.
  static constexpr std::uint64_t kMaxDecoded = std::uint64_t{32} << 30;

  MeasuredFrames(const io::Input& input, const Container& container) : input_(input), container_(container) {}

  bool are_needed(const ObjectEntry& object) const;
  /// Fills in the decoded lengths that are not known. False where a frame cannot be decoded, which is
  /// reported as unreadable.
  bool measure(ObjectEntry& object, Report& report);

 private:
  bool is_needed(const ObjectEntry& object, const PartEntry& part) const;

  const io::Input& input_;
  const Container& container_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> known_;  ///< by offset and length
  std::uint64_t left_ = kMaxDecoded;
};

}  // namespace aerotool::ztensor

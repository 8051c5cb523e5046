// The JSON header of a safetensors file, read event by event. Parsing tells what the header says and where
// it is not of the right kind; whether that makes sense (sizes, places in the data) is for rules.hpp.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace aerotool::safetensors {

/// The header's length stands before it.
inline constexpr std::uint64_t kLengthBytes = 8;
/// The reference library's cap.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
/// A cap of this program's own: without it two bytes of header buy eight bytes of memory for a dimension.
/// No library handles more than 64.
inline constexpr std::size_t kMaxRank = 255;
/// No sound entry is shorter than this one, with its comma.
inline constexpr std::uint64_t kLeastEntryBytes =
    std::string_view(R"("":{"dtype":"U8","shape":[],"data_offsets":[0,0]},)").size();

/// What the header says of one tensor. A member that is missing or not of its kind is empty: the visitor's
/// defect() has been told. The views hold for the call only.
struct HeaderEntry {
  std::string_view name;
  std::optional<std::string_view> dtype;
  std::optional<std::span<const std::uint64_t>> shape;
  std::uint64_t rank = 0;  ///< of `shape`, which holds the first kMaxRank dimensions
  std::optional<std::array<std::uint64_t, 2>> data_offsets;
};

/// Takes what parse_header finds, in header order. May throw to end the parsing.
class HeaderVisitor {
 public:
  virtual ~HeaderVisitor() = default;
  virtual void metadata_begins() = 0;
  virtual void metadata_entry(std::string_view key, std::string_view value) = 0;
  virtual void entry(const HeaderEntry& entry) = 0;
  /// Something is not of its kind; `tensor` is empty where it is in no tensor's entry.
  virtual void defect(std::string_view tensor, std::string message) = 0;
};

/// Why a header cannot be parsed at all.
struct HeaderProblem {
  std::optional<std::size_t> offset;  ///< in the JSON text
  std::string tensor;                 ///< in whose entry; empty where in none
  std::string message;
};

/// Parses the whole header. Nothing is returned where it is JSON with unique keys.
std::optional<HeaderProblem> parse_header(std::string_view json, HeaderVisitor& visitor);

}  // namespace aerotool::safetensors

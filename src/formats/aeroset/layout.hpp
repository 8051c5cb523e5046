// What an AEROSET consists of, for readers and writers alike: its index (src/formats/aeroset/FORMAT.md, "The
// index") and the names of its files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hash/digest.hpp"

namespace aerotool::aeroset {

inline constexpr std::string_view kFormatName = "AEROSET";
inline constexpr std::string_view kIndexName = "model.aeroset.json";
inline constexpr std::string_view kTensorIndexName = "index.aero";
/// A cap of this program's own: reading takes memory in proportion to the text.
inline constexpr std::uint64_t kMaxIndexBytes = 100'000'000;

/// A file of the set. What is missing has been told as a fault.
struct SetFile {
  std::string path;
  std::optional<Digest> sha256;
  std::optional<std::uint64_t> size;
};

struct SetPart : SetFile {
  std::vector<std::uint64_t> shards;  ///< set-wide ids
};

struct SetIndex {
  std::uint64_t version_minor = 1;
  std::string model_name;
  std::string architecture;
  std::optional<std::string> base_url;
  struct CacheHint {
    bool enabled = false;
    bool recommended = false;
  };
  std::optional<CacheHint> cache;
  std::vector<SetPart> parts;
  SetFile tensor_index;  ///< "global_tidx"
};

/// "part-000.aero"
std::string part_name(std::size_t number);
/// Whether a file is called as a part is.
bool is_part_name(std::string_view name);

}  // namespace aerotool::aeroset

// zTensor's constants (src/formats/ztensor/FORMAT.md), and its objects as an index describes them.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"
#include "model/tensor.hpp"

namespace aerotool::ztensor {

enum class Version : std::uint8_t {
  v0_1,
  v1_0,
  v1_1,  ///< and 1.2, which differ in keys that are optional
  v2
};

inline constexpr std::string_view kExtension = ".zt";
inline constexpr std::string_view kMagic01 = "ZTEN0001";
inline constexpr std::string_view kMagic1 = "ZTEN1000";
inline constexpr std::string_view kMagic2 = "\x89ZT2\r\n\x1a\n";
inline constexpr std::uint64_t kMagicSize = 8;
inline constexpr std::uint64_t kAlignment1 = 64;  ///< of versions 0.1 and 1
inline constexpr std::uint64_t kAlignment2 = 4096;
inline constexpr std::uint64_t kCanonicalAlignment = 65536;
inline constexpr std::uint64_t kFooterSize = 40;  ///< of version 2
inline constexpr std::uint64_t kMaxManifest = std::uint64_t{1} << 30;
inline constexpr std::size_t kMaxRank = 64;
inline constexpr std::size_t kMaxName = 1024;

inline constexpr std::string_view kDense = "dense";
inline constexpr std::string_view kCsr1 = "sparse_csr";  ///< of version 1
inline constexpr std::string_view kCoo1 = "sparse_coo";
inline constexpr std::string_view kCsr2 = "zt.sparse_csr/1";
inline constexpr std::string_view kCoo2 = "zt.sparse_coo/1";
inline constexpr std::string_view kData = "data";  ///< the role of a dense object's only part
inline constexpr std::string_view kRaw = "raw";
inline constexpr std::string_view kZstd = "zstd";                        ///< of versions 0.1 and 1
inline constexpr std::string_view kZstdSeekable = "zt.zstd-seekable/1";  ///< of version 2

/// A part of an object as an index describes it. Texts are borrowed from the index.
struct PartEntry {
  std::string_view role;
  std::string_view dtype;  ///< as the file calls it: "f32", "float32"
  std::optional<std::string_view> type;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< stored
  std::optional<std::string_view> shard;
  std::string_view encoding = kRaw;
  std::optional<std::uint64_t> decoded_length;
  std::optional<std::string_view> digest;
  bool big_endian = false;
};

// NOLINTNEXTLINE(bugprone-exception-escape): to clang-tidy, Boost's functions that move seem to throw
struct ObjectEntry {
  std::string_view name;
  std::string_view layout = kDense;
  Shape shape;
  std::optional<Value> attributes;
  std::vector<PartEntry> parts;
  std::uint64_t position = 0;  ///< in the file, of what describes it
};

struct ShardEntry {
  std::string_view name;
  std::uint64_t size = 0;
  std::string_view digest;
};

/// What an index says beside its objects.
struct Root {
  std::string_view version;                   ///< of version 1
  std::optional<std::string_view> generator;  ///< of version 1.0
  std::optional<Value> attributes;
  std::vector<ShardEntry> shards;  ///< of version 2
  std::deque<std::string> joined;  ///< texts that are in pieces in the index
};

}  // namespace aerotool::ztensor

// What a file of AERO holds that this version does not know, and that a copy passes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "encoding/value.hpp"
#include "hash/digest.hpp"
#include "model/model.hpp"

namespace aerotool::aero {

/// A chunk to be copied as it is.
struct OpaqueChunk {
  std::string fourcc;
  std::string name;
  std::uint32_t flags = 0;
  std::uint64_t length = 0;
  std::uint64_t uncompressed_length = 0;
  Digest digest{};  ///< of the uncompressed bytes
};

struct Extras {
  MapItems manifest;                          ///< members of MMSG
  MapItems json;                              ///< members of MJSN
  std::map<std::uint64_t, MapItems> tensors;  ///< members of TIDX entries, by index into Model::tensors()
  std::vector<OpaqueChunk> chunks;
  std::vector<std::string> lost;  ///< what cannot be passed on, a line each
};

/// A model that has extras: one AERO file, or a set of them.
class HoldsExtras {
 public:
  HoldsExtras() = default;
  HoldsExtras(const HoldsExtras&) = delete;
  HoldsExtras& operator=(const HoldsExtras&) = delete;
  virtual ~HoldsExtras() = default;

  /// Chunks are held to their hashes; throws CorruptError.
  virtual Extras extras() const = 0;
  /// Fills `out` with the stored bytes of extras().chunks[chunk]. Thread-safe.
  virtual void read_chunk(std::size_t chunk, std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// None where the model is of another format.
Extras extras_of(const Model& model);

/// What other formats are told of them.
OwnContent own_content_of(Extras extras);

}  // namespace aerotool::aero

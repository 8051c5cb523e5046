// What a model file says beside its tensors.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "encoding/value.hpp"
#include "hash/digest.hpp"

namespace aerotool {

/// Keys and values in file order: GGUF's key-value section, safetensors' __metadata__ (strings), or the
/// members of AERO's MJSN where an AERO file was made from neither. Keys are bytes; most are UTF-8.
struct Metadata {
  std::vector<std::pair<std::string, Value>> entries;

  const Value* find(std::string_view key) const;
  /// The text of a string entry; empty where there is none.
  std::string_view text(std::string_view key) const;
};

/// One file of a model that lies in several.
struct SourceFile {
  std::string path;                  ///< relative to the index, or to the first file
  std::optional<Metadata> metadata;  ///< as Source::metadata
  /// Its tensors in file order, as indexes into Model::tensors().
  std::vector<std::uint64_t> order;
  std::optional<Bytes> head;
  std::vector<std::pair<std::uint64_t, Bytes>> gaps;
};

/// What a model's files hold beyond its tensors, as AERO carries it under MMSG's "source"
/// (src/formats/aero/FORMAT.md, "What AERO carries beyond tensors"). Absent members are left out there.
struct Source {
  std::string format;  ///< "gguf", "safetensors"
  std::optional<std::uint64_t> version;
  std::optional<std::uint64_t> alignment;
  std::optional<Metadata> metadata;  ///< absent: there was none; empty: it was empty
  bool typed_metadata = false;       ///< carried as [[key, type, value], ...] (GGUF), else as a map
  /// Indexes into Model::tensors() in file order; absent where the format's writer would choose the same.
  std::optional<std::vector<std::uint64_t>> order;
  /// All bytes before the data section; absent where the format's writer would make the same ones.
  std::optional<Bytes> head;
  /// Bytes between or after tensors that are not what the format's writer puts there: offset from the
  /// start of the data section, bytes.
  std::vector<std::pair<std::uint64_t, Bytes>> gaps;
  std::vector<SourceFile> files;  ///< of a model in several files; order, head and gaps then stand here
  std::optional<Bytes> index;     ///< the index of those files, verbatim
  std::string index_path;         ///< what it is called
  /// The name that the AERO file has for the model is that of the input it was made from.
  bool named_by_path = false;
  MapItems other;  ///< keys of a "source" map that this version does not know
};

/// A chunk of the home format that this version does not know, to be copied as it is.
struct OpaqueChunk {
  std::string fourcc;
  std::string name;
  std::uint32_t flags = 0;
  std::uint64_t length = 0;
  std::uint64_t uncompressed_length = 0;
  Digest digest{};  ///< of the uncompressed bytes
};

/// What a file of the home format holds that this version does not know and passes on.
struct Extras {
  MapItems manifest;                          ///< members of MMSG
  MapItems json;                              ///< members of MJSN
  std::map<std::uint64_t, MapItems> tensors;  ///< members of TIDX entries, by index into Model::tensors()
  std::vector<OpaqueChunk> chunks;
  std::vector<std::string> lost;  ///< what cannot be passed on, a line each
};

}  // namespace aerotool

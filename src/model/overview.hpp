// What there is to say of a model beside its tensors and metadata: data of no format, which commands put into
// words.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "hash/digest.hpp"
#include "model/quantization.hpp"

namespace aerotool {

/// A run of bytes that holds tensors: a chunk of weights, or the data section of a file that knows no shards.
struct Shard {
  std::string name;
  std::string path;          ///< the file it lies in
  std::uint64_t offset = 0;  ///< in that file
  std::uint64_t size = 0;
  std::uint64_t tensor_count = 0;
};

/// What a container says of a section.
struct SectionFlags {
  bool zstd = false;  ///< stored as a zstd frame
  bool mmap_critical = false;
  bool index = false;
  bool optional = false;
  std::uint32_t unknown = 0;  ///< bits that the reader has no word for
};

/// One entry of a container's table of contents.
struct Section {
  std::string kind;  ///< as the container calls it: a FourCC
  std::string name;
  SectionFlags flags;
  std::uint64_t offset = 0;
  std::uint64_t stored_length = 0;
  std::uint64_t decoded_length = 0;
  Digest digest{};  ///< BLAKE3 of the decoded bytes
};

/// One of the files that a model lies in.
struct FileLine {
  std::string path;
  std::uint64_t size = 0;
};

/// Hashes that a model carries.
struct Integrity {
  enum class Covers {
    files,
    sections,
    tensors,
    pages,   ///< of shards, whose `count` is
    control  ///< what describes the sections
  };
  Covers covers = Covers::sections;
  std::string_view algorithm = "BLAKE3";
  std::uint64_t count = 0;  ///< how many have one; 0 where all have, and where there is nothing to count
};

/// What is unusual about a model.
struct OwnShardNumbers {
  std::uint64_t parts = 0;  ///< whose shards have numbers that the set does not give them
};
struct PublishedAt {
  std::string url;
};
struct Caching {
  bool enabled = false;
  bool recommended = false;
};
using Note = std::variant<OwnShardNumbers, PublishedAt, Caching>;

/// What `inspect` shows of a model, beside its tensors and metadata.
struct Overview {
  std::string format;   ///< "AERO", "safetensors", "GGUF"
  std::string version;  ///< "0.1", "3"; empty where the format has none
  std::string model_name;
  std::string architecture;
  std::uint64_t file_size = 0;
  std::optional<std::uint64_t> packed_size;  ///< of a file that is compressed as a whole, as it is stored
  std::vector<Shard> shards;
  std::string uuid;                  ///< empty where there is none
  std::vector<Integrity> integrity;  ///< empty: nothing is hashed
  std::vector<Section> sections;
  std::vector<FileLine> files;  ///< of a model that lies in several
  Quantization quantization;    ///< as far as a configuration beside it says it
  std::vector<Note> notes;
};

}  // namespace aerotool

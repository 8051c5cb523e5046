// An AERO file as far as it can be read without its tensors: header, TOC, MJSN and MMSG.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/value.hpp"
#include "formats/aero/read/container.hpp"
#include "formats/aero/read/manifest.hpp"
#include "formats/aero/rules/cut_off_chunks.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

struct OpenedFile {
  std::shared_ptr<io::Input> input;
  Container container;
  CutOffChunks cut_off;             ///< left out of the container; the report tells once tensors are known
  std::vector<std::size_t> opaque;  ///< chunks that this program does not know, as indexes into chunks
  Value json;                       ///< MJSN; null where there is none
  Manifest manifest;                ///< what is essential in MMSG
  std::uint64_t memory_left = 0;    ///< for values of the metadata; for a part, beside those of the index
  std::uint64_t descriptors_memory = 0;  ///< what forget_lists() adds to it
  /// Written by the reference's GGUF converter: shapes stand fastest-varying first and data_len counts
  /// padding (src/formats/aero/FORMAT.md, "Files in the wild").
  bool reversed_shapes = false;

  const std::string& path() const { return input->name(); }
  Where where(std::string tensor = {}) const { return {path(), {}, std::move(tensor)}; }
  const std::vector<Chunk>& chunks() const { return container.chunks; }
  /// The first chunk with this FourCC; null where there is none.
  const Chunk* find(std::string_view fourcc) const;
  /// No entry of the TOC was left out.
  bool whole_toc() const { return container.chunks.size() == container.entry_count; }
  /// Lets go of what MMSG lists, once it has been held to the file: in a hostile file that is large, and a
  /// set has many files.
  void forget_lists();
  /// Lets go of what MMSG and MJSN say of the model as a whole.
  void forget_description();
};

/// Holds the control region to its hash, where there is one. `memory` is what values may take. What is wrong
/// goes to the report.
OpenedFile open_file(std::shared_ptr<io::Input> input, std::uint64_t memory, Report& report);

/// MMSG with source and unknown members; nothing where there is no MMSG.
Manifest whole_manifest(const OpenedFile& file, Report& report);

}  // namespace aerotool::aero

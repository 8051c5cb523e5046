// What the files of a model hold beyond its tensors, whatever their format: what brings them back byte for
// byte.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "model/metadata.hpp"
#include "model/object.hpp"
#include "model/tensor.hpp"

namespace aerotool {

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
  bool valued_metadata = false;      ///< values are of any type (zTensor's attributes), not all text
  /// Indexes into Model::tensors() in file order; absent where the format's writer would choose the same.
  std::optional<std::vector<std::uint64_t>> order;
  /// All bytes before the data section; absent where the format's writer would make the same ones.
  std::optional<Bytes> head;
  /// Bytes between or after tensors that are not what the format's writer puts there: offset from the
  /// start of the data section, bytes.
  std::vector<std::pair<std::uint64_t, Bytes>> gaps;
  /// What follows the last tensor in the file of a format whose index is at the end, and the offset in the
  /// file where it begins; absent where the format's writer would make the same one.
  std::optional<std::pair<std::uint64_t, Bytes>> tail;
  /// Encoded parts as they were stored, by the indexes of their tensors, where the format's writer would
  /// encode them otherwise.
  std::vector<std::pair<std::uint64_t, Bytes>> stored;
  std::vector<std::string> left_out;  ///< what cannot be recorded, a line each
  std::vector<Object> objects;        ///< their parts are indexes into Model::tensors()
  std::vector<SourceFile> files;      ///< of a model in several files; order, head and gaps then stand here
  std::optional<Bytes> index;         ///< the index of those files, verbatim
  std::string index_path;             ///< what it is called
  /// The name that the AERO file has for the model is that of the input it was made from.
  bool named_by_path = false;
  MapItems other;  ///< keys of a "source" map that this version does not know
};

/// Source::order of tensors whose format has no order of its own: nothing where they are sorted by their
/// names.
std::optional<std::vector<std::uint64_t>> order_unless_by_name(std::span<const Tensor> tensors);

/// What a model holds that only its own format passes on.
struct OwnContent {
  std::string_view format;  ///< how messages name it
  MapItems members;   ///< beside Model::metadata(); those that are text, formats with text metadata keep
  bool more = false;  ///< no other format has a place for it
};

}  // namespace aerotool

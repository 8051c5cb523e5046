// What is to be written: an ordered list of described tensors with where their bytes come from, what is
// changed in the metadata, and options. Convert and pack-set make a plan and hand it to a format's writer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/output.hpp"
#include "model/model.hpp"
#include "transfer/metadata_edits.hpp"
#include "transfer/planned_tensor.hpp"
#include "transfer/write_options.hpp"

namespace aerotool::io {
class DirectoryOutput;
}

namespace aerotool {

/// What is changed beside the tensors.
struct Edits {
  std::optional<std::string> name;          ///< replaces the model's
  std::optional<std::string> architecture;  ///< replaces the model's
  MetadataEdits metadata;                   ///< beside these
  bool nameless = false;                    ///< the model's own name goes
  /// Tensors were chosen by their names, even if all were: nothing of their layout is wanted.
  bool selected = false;
};

struct Plan {
  std::vector<PlannedTensor> tensors;  ///< in name order (byte order of the UTF-8), names unique
  /// All that are read, also by sources that compute; the first one's metadata is carried.
  std::vector<const Model*> models;
  std::vector<SideFile> side_files;  ///< by path; sound (model/side_files.hpp)
  Edits edits;
  std::string name_of_input;  ///< what an AERO file calls a model that names itself nothing
  WriteOptions options;       ///< those that the writer supports
  unsigned jobs = 1;
  /// Called when all weights have been gone through once: changes the bytes of texts of the metadata, whose
  /// lengths stay, to what only that read tells. Where it is there, metadata is written after it. Not for
  /// sets of AERO and zTensor files.
  std::function<void()> fill_in_texts = {};
};

/// A file that a SetWriter would write.
struct PlannedFile {
  std::string name;
  std::uint64_t bytes = 0;  ///< an upper bound where metadata is still to be compressed
  std::uint64_t shards = 0;
  std::uint64_t tensors = 0;
};

/// What of the sources' content a target does not keep.
struct NotKept {
  /// What the target has no place for, a line each: worth a warning.
  std::vector<std::string> lost;
  std::vector<std::string> dropped;   ///< what else the sources hold and the target does not keep
  std::vector<std::string> warnings;  ///< what else is worth one, a line each
};

/// What a writer would make of a plan.
struct PlanSummary : NotKept {
  std::vector<PlannedFile> files;  ///< of a SetWriter, in the order of their names
  std::vector<Shard> shards;
  bool keeps_side_files = false;  ///< all that the plan has
  std::uint64_t total_bytes = 0;  ///< of all files
  bool total_is_bound = false;    ///< it is an upper bound, as metadata is still to be compressed
};

/// A file that is laid out and can be written. The plan outlives it.
class FileDraft {
 public:
  virtual ~FileDraft() = default;
  virtual PlanSummary summary() const = 0;
  /// Writes the whole file, once. Hashes that the sources carry are checked over the bytes as they are read:
  /// a mismatch is a CorruptError. The caller commits the output.
  virtual void write(io::Output& output, io::Progress* progress) = 0;
};

class Writer {
 public:
  virtual ~Writer() = default;
  /// Those that it has a use for; what else is asked for is the user's mistake.
  virtual WriteOptionList options() const { return {}; }
  /// Throws UnsupportedError where the target cannot hold something, before a byte is written.
  virtual std::unique_ptr<FileDraft> draft(const Plan& plan) const = 0;
};

/// What became of the files of a set.
struct SetResult {
  std::vector<std::string> written;
  std::vector<std::string> kept;  ///< were whole and right already
};

/// Files in a directory that writing a set there would replace or remove, by their names in it.
struct ExistingFiles {
  std::vector<std::string> replaced;          ///< in the places of files that are written
  std::vector<std::string> other;             ///< of these: they hold something else than what is written
  std::vector<std::string> removed;           ///< of another set; they go
  std::vector<std::string> other_side_files;  ///< in the places of side files, with other bytes
};

/// A file of a set that can be written apart from the others, by another process as well.
struct DraftedPart {
  std::string file;         ///< its name
  std::uint64_t bytes = 0;  ///< of weights
  std::span<const PlannedTensor> tensors;
};

/// What is known of such a file once it is written: what its index says of it.
struct WrittenPart {
  std::uint64_t size = 0;
  Digest sha256{};
  std::string uuid;             ///< as the file says it; empty where it has none
  std::vector<Digest> shards;   ///< BLAKE3 of its shards
  std::vector<Digest> tensors;  ///< BLAKE3 of its tensors, where the set stores them
};

/// A set that several processes write: write_part() of each part in any of them, then place() in one.
class SetParts {
 public:
  virtual ~SetParts() = default;
  virtual std::size_t part_count() const = 0;
  virtual DraftedPart part(std::size_t number) const = 0;
  /// The files that place() makes beside the parts, without side files.
  virtual std::vector<std::string> closing_files() const = 0;
  virtual NotKept not_kept() const = 0;
  /// Writes a part whole to an output that can be seeked; the caller puts it in its place. Checks the sources
  /// of its tensors as SetDraft::write does.
  virtual WrittenPart write_part(std::size_t number, io::Output& output, io::Progress* progress) = 0;
  /// Makes the other files and puts all in place. The parts are in the directory already, or it was told
  /// where they are (io::DirectoryOutput::bring). Throws CorruptError where `parts` do not describe them.
  virtual void place(io::DirectoryOutput& directory, std::vector<WrittenPart> parts) = 0;
};

/// The same for a directory of several files.
class SetDraft {
 public:
  virtual ~SetDraft() = default;
  virtual PlanSummary summary() const = 0;
  /// What write() would replace or remove in a directory, which need not be there. `compare`: reads what
  /// describes the files, no weights; else all that are replaced count as other. Throws IoError where a file
  /// cannot be read, or something that is no file stands in the place of one.
  virtual ExistingFiles existing(const std::string& directory, bool compare) const = 0;
  /// Writes all files and puts them in place together: what was in the directory before is a whole model
  /// until the new one is whole too. Once; checks the sources as FileDraft::write does.
  virtual SetResult write(const std::string& directory, io::Progress* progress) = 0;

  /// The same for several processes; null where a set of this kind is not written in parts. Lives as long as
  /// this.
  virtual SetParts* parts() { return nullptr; }
};

/// Writes a model to a directory of several files.
class SetWriter {
 public:
  virtual ~SetWriter() = default;
  /// As Writer's.
  virtual WriteOptionList options() const { return {}; }
  virtual std::unique_ptr<SetDraft> draft(const Plan& plan) const = 0;
};

}  // namespace aerotool

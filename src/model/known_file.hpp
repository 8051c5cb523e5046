// What a model knows of the bytes of its files: where its tensors lie, and what its format puts around them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/overview.hpp"
#include "model/stored_range.hpp"

namespace aerotool {

namespace io {
class Input;
}
class Model;

enum class RegionKind : std::uint8_t {
  header,     ///< what a file, or a member of an archive, begins with
  metadata,   ///< what it says beside its tensors
  index,      ///< where what is
  chunk,      ///< a section of the container that holds no tensors
  member,     ///< what tensors leave of a file in an archive
  tensor,     ///< bytes of one, as they are stored
  data,       ///< what tensors leave of a run of weights
  alignment,  ///< what lies before a tensor or a chunk, so that it begins at an even place
  gap,        ///< what nobody explains
  trailer     ///< what lies behind all else, or behind a member of an archive
};

/// "header", "metadata", ...
std::string_view name_of(RegionKind kind);

/// A run of bytes of a file, as the file says it: it may overlap others, or pass the end.
struct KnownRegion {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::string_view name = {};  ///< as long as the model and the KnownFile are there; hostile
  RegionKind kind = RegionKind::gap;
  StoredEncoding encoding = StoredEncoding::raw;  ///< of a tensor
};

struct KnownFile {
  std::string path;
  std::uint64_t size = 0;
  bool is_here = true;  ///< else the size is what an index makes of it
  std::vector<Shard> shards = {};
  std::vector<KnownRegion> regions = {};  ///< in no order
  /// Which regions borrow, where nobody else keeps them; also after this was copied.
  std::shared_ptr<std::deque<std::string>> names = std::make_shared<std::deque<std::string>>();

  /// A name that lives as long as this does.
  std::string_view keep(std::string name) { return names->emplace_back(std::move(name)); }
};

/// A Model that is this as well knows more of its files than an overview and tensors say.
class KnowsFiles {
 public:
  KnowsFiles() = default;
  KnowsFiles(const KnowsFiles&) = delete;
  KnowsFiles& operator=(const KnowsFiles&) = delete;
  virtual ~KnowsFiles() = default;

  /// All files of the model, in its order, with all that is known of them.
  virtual std::vector<KnownFile> known_files() const = 0;
};

/// What the model says, or else what follows from its overview and its tensors. Reads no weights.
std::vector<KnownFile> known_files_of(const Model& model);

/// A file that says where the others are, and what is in them.
KnownFile known_index(const io::Input& input);

/// What follows from the overview and the tensors.
std::vector<KnownFile> plainly_known_files(const Model& model);

}  // namespace aerotool

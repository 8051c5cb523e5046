// The formats, by name, by extension and by content; and how a path becomes a Model. The only part that knows
// which formats there are.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/npy/sparse_archive.hpp"
#include "io/progress.hpp"
#include "model/model.hpp"
#include "model/report.hpp"
#include "transfer/format.hpp"

namespace aerotool {

/// All kinds of all formats, in the order in which they are shown.
const std::vector<const Format*>& formats();

/// The names that --from and --to take, each once.
std::vector<std::string_view> format_names();

/// The kinds of the format of that name: in one file, in several. Throws UsageError that lists the names
/// there are.
std::vector<const Format*> formats_named(std::string_view name);

/// The format that a path's extension says, the longest that fits; null where it says none.
const Format* format_of_extension(std::string_view path);

/// A path without the extension of a whole file that is compressed, which stands behind the model's.
std::string_view without_packing(std::string_view path);

/// How a model is to be opened.
struct OpenOptions {
  std::string from;           ///< the name of its format; empty: by its content, then by its extension
  bool follow_links = false;  ///< links that lead out of a model's directory are followed
  bool fetch = false;         ///< what a local index says is on servers, and is not here, is read there
  std::string key = {};       ///< of a checkpoint what lies there alone (Format::open_key); empty: all
  /// What the SHA-256 of the model's only file has to be, for those who read all of it: require_sha256() of
  /// the file tells.
  std::optional<Digest> sha256 = {};
  io::Progress* progress = nullptr;  ///< of spooling what cannot be read twice; may be null
  /// Takes a line that is worth knowing, such as what was chosen.
  std::function<void(const std::string&)> note = {};
};

/// Opens a model. `path` is a file, "-" for standard input, a directory (see model_path.hpp), a URL, a model
/// in a local store (see hub/local_stores.hpp) or in a repository of a hub (see hub/hub_name.hpp). Throws
/// UsageError where nothing says the format, and what Format::open throws.
std::unique_ptr<Model> open_model(const std::string& path, const OpenOptions& options, Report& report);

/// The bytes that stand before a tensor's own in a NumPy file. Throws UnsupportedError where its dtype has no
/// NumPy type.
std::string npy_header(const Model& model, const Tensor& tensor);

/// What the readers of such files have to know of their types, a line each.
std::vector<std::string> npy_notes(std::span<const Tensor* const> tensors);

/// An object as an archive that scipy.sparse.load_npz reads.
using SparseArchive = npy::SparseArchive;

}  // namespace aerotool

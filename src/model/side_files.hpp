// Files that belong to a model beside its weights: its configuration, tokenizer, templates, licence. Where
// they lie, beside the weights or inside of the model's file, makes no difference here.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "hash/digest.hpp"
#include "io/identity.hpp"

namespace aerotool {

struct SideFile {
  using Sink = std::function<void(ByteSpan)>;

  std::string path;  ///< relative to the model's directory, with slashes; hostile until it is checked
  std::uint64_t size = 0;
  /// Hands over the bytes in order, a piece at a time. Throws IoError where they cannot be read or the file
  /// has changed, and CorruptError where they do not have the hash that the model gives them: nothing made of
  /// them may be kept then. Thread-safe.
  std::function<void(const Sink&)> put;
  bool hashed = false;  ///< the model gives a hash of it
  /// Of a file that lies beside the weights; nothing of one that the model's own files carry.
  std::optional<io::Version> version = {};
};

struct SideFiles {
  std::vector<SideFile> files;        ///< by path, in byte order
  std::vector<std::string> left_out;  ///< what is not carried though it is called so, a line each
};

// What is carried of one model.
inline constexpr std::uint64_t kMaxSideFileBytes = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kMaxSideBytes = std::uint64_t{256} << 20;  // of all of them
inline constexpr std::size_t kMaxSideFiles = 4096;

/// Whether a file of that name, without directories, is carried: by its ending, or as a licence or notice,
/// and neither weights nor an index of them.
bool is_side_file_name(std::string_view name);

/// Why a side file cannot have that path; empty where it can. It is relative, has no part that is empty or
/// hidden ("..", too), no control characters, and ends in what is_side_file_name() accepts.
std::string side_path_problem(std::string_view path);

/// Why such files cannot be put in one directory, beside `others`; empty where they can: a path is
/// malformed or is duplicated, a file would be a directory too, or has the name of one of the others, in
/// whatever case; or there are too many, or they are too large.
std::string side_files_problem(const std::vector<SideFile>& files, const std::vector<std::string>& others);

/// Throws CorruptError, which names `model`, where side_files_problem() has one.
void require_sound(const std::vector<SideFile>& files, const std::vector<std::string>& others,
                   const std::string& model);

std::uint64_t total_size(const std::vector<SideFile>& files);

Digest digest_of(const SideFile& file);

/// So many paths does a message name.
constexpr std::size_t kMaxListedSideFiles = 8;

/// "3 side files (config.json, README.md, vocab.txt)", safe to print.
std::string side_files_text(const std::vector<SideFile>& files);

/// The paths of those among `files` that `others` lacks or has with other bytes.
std::vector<std::string> paths_that_differ(const std::vector<SideFile>& files,
                                           const std::vector<SideFile>& others);

}  // namespace aerotool

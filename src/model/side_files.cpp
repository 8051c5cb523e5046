#include "model/side_files.hpp"

#include <algorithm>
#include <set>

#include "core/checked.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "hash/blake3.hpp"

namespace aerotool {
namespace {

constexpr std::string_view kEndings[] = {".json",  ".jsonl", ".txt",  ".model", ".tiktoken",
                                         ".jinja", ".md",    ".yaml", ".py"};
constexpr std::string_view kBeginnings[] = {"LICENSE", "NOTICE"};
// What weights are called, also those that this program does not read: "LICENSE.bin" is no licence.
constexpr std::string_view kWeights[] = {".aero", ".bin",    ".ckpt", ".gguf",        ".h5",
                                         ".npy",  ".npz",    ".onnx", ".safetensors", ".pt",
                                         ".pth",  ".tflite", ".zt",   ".gz",          ".zst"};

template <typename List>
bool ends_in_any(std::string_view name, const List& endings) {
  return std::any_of(std::begin(endings), std::end(endings),
                     [&](std::string_view ending) { return name.ends_with(ending); });
}

/// "model.safetensors.index.json", "model.safetensors.index.fp16.json", "model.aeroset.json".
bool is_index_name(std::string_view name) {
  if (!name.ends_with(".json")) return false;
  return name.find(".index.") != std::string_view::npos || name.ends_with(".aeroset.json");
}

/// As a file system that ignores case would compare it.
std::string folded(std::string_view path) {
  std::string lower(path);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

std::string quoted(std::string_view path) {
  return "'" + escape_controls(shortened(path)) + "'";
}

/// A directory on the way to `path` that is among `files`; empty where none is.
std::string_view file_above(std::string_view path, const std::set<std::string_view>& files) {
  for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
       slash = path.find('/', slash + 1)) {
    if (files.contains(path.substr(0, slash))) return path.substr(0, slash);
  }
  return {};
}

std::string size_problem(const std::vector<SideFile>& files) {
  if (files.size() > kMaxSideFiles) {
    return with_thousands(files.size()) + " side files; at most " + with_thousands(kMaxSideFiles) +
           " are carried";
  }
  for (const SideFile& file : files) {
    if (file.size <= kMaxSideFileBytes) continue;
    return "the side file " + quoted(file.path) + " has " + human_size(file.size) + "; at most " +
           human_size(kMaxSideFileBytes) + " are carried";
  }
  const std::uint64_t total = total_size(files);
  if (total <= kMaxSideBytes) return {};
  return "its side files take " + human_size(total) + "; at most " + human_size(kMaxSideBytes) +
         " are carried";
}

std::string collision(const std::vector<SideFile>& files, const std::vector<std::string>& others) {
  std::set<std::string_view> paths;
  for (const SideFile& file : files) {
    if (!paths.insert(file.path).second) return "the side file " + quoted(file.path) + " is duplicated";
  }
  for (const SideFile& file : files) {
    if (const auto above = file_above(file.path, paths); !above.empty())
      return "the side file " + quoted(above) + " is a directory of " + quoted(file.path) + " too";
  }
  // What the weights lie in is in danger also where case makes no difference.
  std::vector<std::string> kept;
  for (const std::string& other : others) kept.push_back(folded(other));
  const std::set<std::string_view> taken(kept.begin(), kept.end());
  std::vector<std::string> lower;
  for (const SideFile& file : files) lower.push_back(folded(file.path));
  const std::set<std::string_view> sides(lower.begin(), lower.end());
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (taken.contains(lower[i]) || !file_above(lower[i], taken).empty())
      return "the side file " + quoted(files[i].path) + " would take the place of a file of the model";
  }
  for (const std::string& other : kept) {
    if (const auto above = file_above(other, sides); !above.empty())
      return "the side file " + quoted(above) + " would take the place of a directory of the model";
  }
  return {};
}

}  // namespace

bool is_side_file_name(std::string_view name) {
  if (is_index_name(name) || ends_in_any(name, kWeights)) return false;
  if (ends_in_any(name, kEndings)) return true;
  return std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                     [&](std::string_view beginning) { return name.starts_with(beginning); });
}

std::string side_path_problem(std::string_view path) {
  constexpr std::size_t kMaxPath = 4095;  // PATH_MAX, without its NUL
  constexpr std::size_t kMaxPart = 255;   // NAME_MAX
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPath) return "is too long";
  if (path.starts_with('/')) return "is absolute";
  if (!is_utf8(path)) return "is not UTF-8";
  const bool plain = std::none_of(path.begin(), path.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
  });
  if (!plain) return "has a control character or a backslash in it";
  for (std::string_view rest = path;;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part == "..") return "leads out of the directory";
    if (part.empty() || part.starts_with('.')) return "has a part that is empty or hidden";
    if (part.size() > kMaxPart) return "is too long";
    if (slash == std::string_view::npos)
      return is_side_file_name(part) ? std::string() : "does not name a side file";
    rest = rest.substr(slash + 1);
  }
}

std::string side_files_problem(const std::vector<SideFile>& files, const std::vector<std::string>& others) {
  for (const SideFile& file : files) {
    const std::string problem = side_path_problem(file.path);
    if (!problem.empty()) return "the path of the side file " + quoted(file.path) + " " + problem;
  }
  std::string problem = size_problem(files);
  return problem.empty() ? collision(files, others) : problem;
}

void require_sound(const std::vector<SideFile>& files, const std::vector<std::string>& others,
                   const std::string& model) {
  const std::string problem = side_files_problem(files, others);
  if (problem.empty()) return;
  throw CorruptError({model, {}, {}}, problem + "; --no-side-files leaves them all out", Code::name);
}

std::uint64_t total_size(const std::vector<SideFile>& files) {
  std::uint64_t total = 0;
  for (const SideFile& file : files) total = checked_add(total, file.size).value_or(UINT64_MAX);
  return total;
}

Digest digest_of(const SideFile& file) {
  hash::Blake3Stream hash;
  file.put([&](ByteSpan bytes) { hash.add(bytes); });
  return hash.finish();
}

std::string side_files_text(const std::vector<SideFile>& files) {
  std::vector<std::string> paths;
  for (const SideFile& file : files) paths.push_back(file.path);
  return plural(files.size(), "side file") + " (" + listed(paths, kMaxListedSideFiles) + ")";
}

std::vector<std::string> paths_that_differ(const std::vector<SideFile>& files,
                                           const std::vector<SideFile>& others) {
  std::vector<std::string> paths;
  for (const SideFile& file : files) {
    const auto other =
        std::lower_bound(others.begin(), others.end(), file.path,
                         [](const SideFile& a, const std::string& path) { return a.path < path; });
    const bool same = other != others.end() && other->path == file.path && other->size == file.size &&
                      digest_of(*other) == digest_of(file);
    if (!same) paths.push_back(file.path);
  }
  return paths;
}

}  // namespace aerotool

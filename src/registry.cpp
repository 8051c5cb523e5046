#include "registry.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "core/text.hpp"
#include "formats/npy/npy.hpp"
#include "io/listing.hpp"
#include "io/spool.hpp"

// One word a kind of format: it has `const Format& NAME_format()` in its folder. The kind in one file comes
// before the kind in several.
#define AEROTOOL_FORMATS(X) X(aero) X(aeroset) X(safetensors) X(safetensors_sharded) X(gguf) X(gguf_split)

namespace aerotool {

#define AEROTOOL_DECLARE(name) const Format& name##_format();
AEROTOOL_FORMATS(AEROTOOL_DECLARE)
#undef AEROTOOL_DECLARE

namespace {

constexpr std::string_view kUsualSet = "model.aeroset.json";

/// A whole input that is compressed has its own extension behind the model's.
std::string_view without_packing(std::string_view path) {
  for (const std::string_view packing : {".gz", ".zst"}) {
    if (path.ends_with(packing)) path.remove_suffix(packing.size());
  }
  return path;
}

/// The kind of format that a file is of: among those called `name`, or among all where that is empty.
const Format& detect(const io::Input& input, std::string_view name) {
  const Bytes head = input.view(0, std::min<std::uint64_t>(input.size(), Format::kProbeBytes));
  const Format* best = nullptr;
  const Format* only = nullptr;  // where no content says anything
  int sure = 0;
  for (const Format* format : formats()) {
    if (!name.empty() && format->name() != name) continue;
    if (!name.empty() && only == nullptr) only = format;
    const int bid = format->probe(head.view, input.size(), input.name());
    if (bid > sure) {
      best = format;
      sure = bid;
    }
  }
  const Format* said = format_of_extension(without_packing(input.name()));
  if (best == nullptr && said != nullptr && (name.empty() || said->name() == name)) best = said;
  if (best == nullptr) best = only;
  if (best == nullptr) {
    throw UsageError(describe({input.name(), {}, {}},
                              "neither its content nor its name tells a format; --from names one"));
  }
  return *best;
}

std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 8;
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kMostNames; ++i)
    text += (i == 0 ? "" : ", ") + escape_controls(names[i]);
  return names.size() > kMostNames ? text + ", ..." : text;
}

std::string in_directory(const std::string& directory, const std::string& name) {
  return directory + (directory.ends_with('/') ? "" : "/") + name;
}

/// The one model in a directory: its set, else its index, else its one file (design.md, "Inputs").
std::string model_in_directory(const std::string& path) {
  std::map<Format::Standing, std::vector<std::string>> candidates;
  for (const std::string& name : io::names_in(path)) {
    const Format* format = format_of_extension(name);
    if (format == nullptr || name.starts_with('.')) continue;
    if (io::type_of(in_directory(path, name)) != io::FileType::regular) continue;
    candidates[format->standing()].push_back(format->first_file(name));
  }
  if (candidates.empty()) throw UsageError(describe({path, {}, {}}, "there is no model in this directory"));
  auto& names = candidates.rbegin()->second;
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  const bool usual_set = std::binary_search(names.begin(), names.end(), kUsualSet);
  if (names.size() > 1 && !usual_set) {
    throw UsageError(
        describe({path, {}, {}}, "this directory holds several models; name one of them: " + listed(names)));
  }
  return in_directory(path, usual_set ? std::string(kUsualSet) : names.front());
}

}  // namespace

const std::vector<const Format*>& formats() {
#define AEROTOOL_LIST(name) &name##_format(),
  static const std::vector<const Format*> all = {AEROTOOL_FORMATS(AEROTOOL_LIST)};
#undef AEROTOOL_LIST
  return all;
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const Format* format : formats()) {
    if (std::find(names.begin(), names.end(), format->name()) == names.end()) names.push_back(format->name());
  }
  return names;
}

std::vector<const Format*> formats_named(std::string_view name) {
  std::vector<const Format*> kinds;
  std::ranges::copy_if(formats(), std::back_inserter(kinds),
                       [&](const Format* format) { return format->name() == name; });
  if (!kinds.empty()) return kinds;
  std::string names;
  for (const std::string_view known : format_names())
    names += (names.empty() ? "" : ", ") + std::string(known);
  throw UsageError("there is no format '" + escape_controls(name) + "'; there are " + names);
}

const Format* format_of_extension(std::string_view path) {
  const Format* best = nullptr;
  std::size_t longest = 0;
  for (const Format* format : formats()) {
    for (const std::string_view extension : format->extensions()) {
      if (extension.size() <= longest || !path.ends_with(extension)) continue;
      best = format;
      longest = extension.size();
    }
  }
  return best;
}

std::unique_ptr<Model> open_model(const std::string& path, const std::string& from, Report& report) {
  if (!from.empty()) static_cast<void>(formats_named(from));
  const bool directory = path != "-" && io::type_of(path) == io::FileType::directory;
  const auto size_hint = [&](ByteSpan head) -> std::optional<std::uint64_t> {
    // What is to be judged may well lie about its size.
    if (report.judging()) return std::nullopt;
    for (const Format* format : formats()) {
      if (from.empty() ? format->probe(head, head.size(), path) > 0 : format->name() == from)
        return format->declared_size(head);
    }
    return std::nullopt;
  };
  std::shared_ptr<io::Input> input = io::open_input(directory ? model_in_directory(path) : path, size_hint);
  const Format& format = detect(*input, from);
  try {
    return format.open(input, report);
  } catch (const CorruptError&) {
    // A file that shrank under us reads as zeros and looks corrupt.
    input->require_unchanged();
    throw;
  }
}

std::string npy_header(const Model& model, const Tensor& tensor) {
  const auto type = npy::type_of(tensor.dtype);
  if (!type) {
    throw UnsupportedError(
        {model.path(), {}, tensor.name},
        "NumPy has no type for " + escape_controls(tensor.dtype.name()) + ": extract it with --format raw");
  }
  return npy::header(*type, tensor.shape);
}

}  // namespace aerotool

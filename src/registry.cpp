#include "registry.hpp"

#include <algorithm>
#include <filesystem>

#include "formats/npy/npy.hpp"
#include "io/spool.hpp"

// One word a format: it has `const Format& NAME_format()` in its folder.
#define AEROTOOL_FORMATS(X) X(aero) X(safetensors) X(gguf)

namespace aerotool {

#define AEROTOOL_DECLARE(name) const Format& name##_format();
AEROTOOL_FORMATS(AEROTOOL_DECLARE)
#undef AEROTOOL_DECLARE

namespace {

bool has_extension(const Format& format, std::string_view path) {
  const auto extensions = format.extensions();
  return std::any_of(extensions.begin(), extensions.end(),
                     [&](std::string_view e) { return path.ends_with(e); });
}

/// A whole input that is compressed has its own extension behind the model's.
std::string_view without_packing(std::string_view path) {
  for (const std::string_view packing : {".gz", ".zst"}) {
    if (path.ends_with(packing)) path.remove_suffix(packing.size());
  }
  return path;
}

const Format& detect(const io::Input& input) {
  const Bytes head = input.view(0, std::min<std::uint64_t>(input.size(), Format::kProbeBytes));
  const Format* best = nullptr;
  int sure = 0;
  for (const Format* format : formats()) {
    const int bid = format->probe(head.view, input.size());
    if (bid > sure) {
      best = format;
      sure = bid;
    }
  }
  if (best == nullptr) best = format_of_extension(without_packing(input.name()));
  if (best == nullptr) {
    throw UsageError(describe({input.name(), {}, {}},
                              "neither its content nor its name tells a format; --from names one"));
  }
  return *best;
}

/// The one model file in a directory.
std::string model_in_directory(const std::string& path) {
  std::vector<std::string> candidates;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    if (entry.is_regular_file(error) && format_of_extension(entry.path().native()) != nullptr) {
      candidates.push_back(entry.path().filename());
    }
  }
  if (error) throw system_error(path, "read the directory", error.value());
  std::sort(candidates.begin(), candidates.end());
  if (candidates.size() == 1) return path + (path.ends_with('/') ? "" : "/") + candidates.front();
  if (candidates.empty()) throw UsageError(describe({path, {}, {}}, "there is no model in this directory"));
  constexpr std::size_t kMostNames = 8;
  std::string names;
  for (std::size_t i = 0; i < candidates.size() && i < kMostNames; ++i)
    names += (i == 0 ? "" : ", ") + candidates[i];
  if (candidates.size() > kMostNames) names += ", ...";
  throw UsageError(
      describe({path, {}, {}}, "this directory holds several models; name one of them: " + names));
}

}  // namespace

const std::vector<const Format*>& formats() {
#define AEROTOOL_LIST(name) &name##_format(),
  static const std::vector<const Format*> all = {AEROTOOL_FORMATS(AEROTOOL_LIST)};
#undef AEROTOOL_LIST
  return all;
}

const Format& format_named(std::string_view name) {
  std::string names;
  for (const Format* format : formats()) {
    if (format->name() == name) return *format;
    names += (names.empty() ? "" : ", ") + std::string(format->name());
  }
  throw UsageError("there is no format '" + std::string(name) + "'; there are " + names);
}

const Format* format_of_extension(std::string_view path) {
  for (const Format* format : formats()) {
    if (has_extension(*format, path)) return format;
  }
  return nullptr;
}

std::unique_ptr<Model> open_model(const std::string& path, const std::string& from, Report& report) {
  const Format* named = from.empty() ? nullptr : &format_named(from);
  std::error_code error;
  const bool directory = path != "-" && std::filesystem::is_directory(path, error);
  const auto size_hint = [&](ByteSpan head) -> std::optional<std::uint64_t> {
    // What is to be judged may well lie about its size.
    if (report.judging()) return std::nullopt;
    for (const Format* format : formats()) {
      if (named != nullptr ? format == named : format->probe(head, head.size()) > 0)
        return format->declared_size(head);
    }
    return std::nullopt;
  };
  std::shared_ptr<io::Input> input = io::open_input(directory ? model_in_directory(path) : path, size_hint);
  const Format& format = named != nullptr ? *named : detect(*input);
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
        "NumPy has no type for " + std::string(tensor.dtype.name()) + ": extract it with --format raw");
  }
  return npy::header(*type, tensor.shape);
}

}  // namespace aerotool

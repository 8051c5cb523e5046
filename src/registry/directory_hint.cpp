#include "registry/directory_hint.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "io/listing.hpp"
#include "registry/model_candidates.hpp"
#include "registry/registry.hpp"

namespace aerotool {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kMaxListed = 5;

/// Endings of weights in formats that are not read, and of what may be one under a general ending.
constexpr std::string_view kForeignEndings[] = {
    ".bin",    ".pt",  ".pth",  ".ckpt", ".onnx", ".h5",      ".hdf5",    ".keras",  ".pb",
    ".tflite", ".pkl", ".nemo", ".ggml", ".ot",   ".msgpack", ".mlmodel", ".pickle", ".ckpt.index"};

/// The type of what may vanish or be out of reach meanwhile.
io::FileType type_in(const std::string& directory, const std::string& name) {
  try {
    return io::type_of(io::path_in(directory, name));
  } catch (const IoError&) {
    return io::FileType::none;
  }
}

/// As names_in(), of a directory that may be unreadable.
Names names_or_none(const std::string& directory) {
  try {
    return io::names_in(directory);
  } catch (const IoError&) {
    return {};
  }
}

Names directories_with_models(const std::string& directory, const Names& names) {
  constexpr std::size_t kMaxLooked = 64;
  Names found;
  std::size_t looked = 0;
  for (const std::string& name : names) {
    if (name.starts_with('.') || looked == kMaxLooked) continue;
    if (type_in(directory, name) != io::FileType::directory) continue;
    ++looked;
    const Names inside = names_or_none(io::path_in(directory, name));
    const auto is_model = [](const std::string& file) {
      const Format* format = format_of_extension(without_packing(file));
      return format != nullptr && (!file.starts_with('.') || is_hidden_index(file));
    };
    if (std::ranges::any_of(inside, is_model)) found.push_back(name);
  }
  return found;
}

bool is_read(const io::Input& input) {
  const Bytes head = input.view(0, std::min<std::uint64_t>(input.size(), Format::kProbeBytes));
  return std::ranges::any_of(formats(), [&](const Format* format) {
    return format->probe(head.view, input.size(), input.name()) > 0;
  });
}

/// What the first of these files is, if it tells.
std::string about_first(const std::string& directory, const Names& files) {
  const std::string name = escape_controls(shortened(files.front()));
  try {
    const auto input = io::Input::open(io::path_in(directory, files.front()));
    if (const auto why = foreign::unfinished(*input)) return name + " " + *why;
    if (is_read(*input)) return name + " is one by its content, so name it";
    if (const auto what = foreign::recognise(*input)) return name + " " + *what;
  } catch (const Error&) {
    // That there is such a file is told all the same.
  }
  return {};
}

std::string about(const std::string& directory, const Names& files) {
  std::string first = about_first(directory, files);
  if (files.size() == 1 && !first.empty()) return first;
  return "it holds " + listed(files, kMaxListed) +
         (first.empty() ? "; name a file to learn what it is" : "; " + first);
}

/// Where huggingface_hub keeps what it has not finished, of a download into this directory.
bool has_unfinished_downloads(const std::string& directory) {
  const Names inside = names_or_none(io::path_in(directory, ".cache/huggingface/download"));
  return std::ranges::any_of(inside, foreign::is_unfinished_name);
}

}  // namespace

std::string no_model_in(const std::string& directory) {
  Names names = io::names_in(directory);
  sort_names(names);
  std::string message = "there is no model in this directory";
  if (names.empty()) return message + "; it is empty";
  const auto say = [&](const std::string& what) { message += "; " + what; };
  Names weights, unfinished;
  for (const std::string& name : names) {
    const bool other = std::ranges::any_of(kForeignEndings, [&](auto end) { return name.ends_with(end); });
    const bool partial = foreign::is_unfinished_name(name);
    if (name.starts_with('.') || (!other && !partial)) continue;
    if (type_in(directory, name) == io::FileType::regular) (partial ? unfinished : weights).push_back(name);
  }
  if (Names inside = directories_with_models(directory, names); !inside.empty()) {
    for (std::string& name : inside) name += '/';
    say("name one of its sub-directories that hold one: " + listed(inside, kMaxListed));
  }
  Names parts;
  std::ranges::copy_if(names, std::back_inserter(parts),
                       [](const std::string& name) { return name.ends_with(".distcp"); });
  if (!parts.empty()) {
    say("it is an unfinished checkpoint: its index, .metadata, is written last, and is not there beside " +
        listed(parts, kMaxListed));
  }
  if (!weights.empty()) say(about(directory, weights));
  if (!unfinished.empty()) say(about(directory, unfinished));
  if (unfinished.empty() && has_unfinished_downloads(directory))
    say("a download into it is unfinished (.cache/huggingface/download)");
  return message;
}

}  // namespace aerotool

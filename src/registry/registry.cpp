#include "registry/registry.hpp"

#include <algorithm>
#include <iterator>

#include "core/text.hpp"
#include "foreign/foreign.hpp"
#include "formats/npy/npy.hpp"
#include "hub/content_name.hpp"
#include "hub/local_stores.hpp"
#include "io/hashed_input.hpp"
#include "io/no_links.hpp"
#include "io/relative_path.hpp"
#include "io/remote_tree.hpp"
#include "io/spool.hpp"
#include "model/noted.hpp"
#include "model/side_files_beside.hpp"
#include "registry/hub_place.hpp"
#include "registry/model_candidates.hpp"
#include "registry/model_path.hpp"

// One word a kind of format: it has `const Format& NAME_format()` in its folder. The kind in one file comes
// before the kind in several.
#define AEROTOOL_FORMATS(X) \
  X(aero)                   \
  X(aeroset)                \
  X(safetensors)            \
  X(safetensors_sharded)    \
  X(gguf)                   \
  X(gguf_split)             \
  X(ztensor)                \
  X(ztensor_1_2)            \
  X(npy)                    \
  X(npz)                    \
  X(torch)                  \
  X(torch_sharded)          \
  X(dcp)                    \
  X(zero)

namespace aerotool {

#define AEROTOOL_DECLARE(name) const Format& name##_format();
AEROTOOL_FORMATS(AEROTOOL_DECLARE)
#undef AEROTOOL_DECLARE

namespace {

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
                              foreign::recognise(input).value_or(
                                  "cannot tell the format from the content or the name; use --from")));
  }
  return *best;
}

/// A file that the user names is opened wherever its links lead; one that was found in a directory, by the
/// policy.
std::shared_ptr<io::Input> open_model_file(const std::string& file, bool named, const io::LinkPolicy& links,
                                           const io::Spooling& spooling) {
  std::shared_ptr<io::Input> input;
  if (named) {
    input = io::open_input(file, spooling, hub::promised_sha256(file));
  } else if (!io::link_text(file)) {
    input = io::open_input(file, spooling);
  } else {
    const auto slash = file.rfind('/') + 1;  // there is one: it was found in a directory
    io::Neighbour found = io::find_in_directory(file.substr(0, slash), file.substr(slash), links);
    if (!found.problem.empty()) throw UsageError(describe({file, {}, {}}, found.problem));
    input = io::open_input(std::move(found.file), file, spooling, found.sha256);
  }
  input->set_links(links);
  return input;
}

/// Held to a SHA-256.
std::shared_ptr<io::Input> pinned(std::shared_ptr<io::Input> input, const Digest& sha256) {
  if (input->packed_size()) {
    throw UsageError(describe({input->name(), {}, {}},
                              "is compressed, and --sha256 is for files as they are: unpack it first"));
  }
  input->expect_sha256(sha256, "--sha256");
  return io::held_to_sha256(std::move(input));
}

/// All numbered files of which `input` is one as one model; null where it is none of such.
std::unique_ptr<Model> open_numbered(const Format& format, const std::shared_ptr<io::Input>& input,
                                     Report& report) {
  for (const Format* kind : formats_named(format.name())) {
    if (auto model = kind->open_numbered(input, report)) return model;
  }
  return nullptr;
}

/// Of a whole file, from its first bytes.
std::optional<std::uint64_t> declared_size(ByteSpan head, const std::string& path, const std::string& from) {
  for (const Format* format : formats()) {
    if (from.empty() ? format->probe(head, head.size(), path) > 0 : format->name() == from)
      return format->declared_size(head);
  }
  return std::nullopt;
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
  throw UsageError("unknown format '" + escape_controls(name) + "'; there are " + names);
}

const Format* format_of_extension(std::string_view path) {
  const Format* best = nullptr;
  std::size_t longest = 0;
  for (const Format* format : formats()) {
    const std::size_t length = format->ending_in(path);
    if (length <= longest) continue;
    best = format;
    longest = length;
  }
  return best;
}

std::string_view without_packing(std::string_view path) {
  for (const std::string_view packing : {".gz", ".zst"}) {
    if (path.ends_with(packing)) path.remove_suffix(packing.size());
  }
  return path;
}

std::unique_ptr<Model> open_model(const std::string& path, const OpenOptions& options, Report& report) {
  const std::string& from = options.from;
  if (!from.empty()) static_cast<void>(formats_named(from));
  const auto size_hint = [&](ByteSpan head) -> std::optional<std::uint64_t> {
    const auto size = declared_size(head, path, from);
    if (size && options.progress != nullptr) options.progress->total = *size;
    // What is to be judged may well lie about its size.
    return report.judging() ? std::nullopt : size;
  };
  const HubPlace at_hub = place_at_hub(path, options.note);
  const std::string place = at_hub.place.empty() ? hub::place_in_store(path, options.note) : at_hub.place;
  const std::string file = at_hub.quant.empty() ? model_path(place) : model_path_of_type(place, at_hub.quant);
  io::LinkPolicy links = hub::link_policy(options.follow_links);
  links.fetch = options.fetch;
  std::shared_ptr<io::Input> input =
      open_model_file(file, file == place, links,
                      {.size_hint = size_hint, .progress = options.progress, .note = options.note});
  if (options.sha256) input = pinned(std::move(input), *options.sha256);
  const Format& format = detect(*input, from);
  if (file != place && options.note && !format.stands_back() && input->is_here() &&
      io::remote_tree_of(place) == nullptr) {
    if (const auto others = passed_over_in(place); !others.empty()) {
      constexpr std::size_t kMostListed = 4;
      options.note(describe({place, {}, {}}, escape_controls(input->name()) + " is read, and not " +
                                                 listed(others, kMostListed)));
    }
  }
  const std::uint64_t faults = report.fault_count();
  try {
    // Of a directory; a numbered file that is named itself is read alone.
    auto model = options.key.empty() ? nullptr : format.open_key(input, options.key, report);
    if (!model && !options.key.empty() && options.note) {
      options.note(describe({input->name(), {}, {}},
                            "has no keys, and all of it is read: --key is for checkpoints of PyTorch"));
    }
    if (!model && file != place) model = open_numbered(format, input, report);
    if (!model) model = format.open(input, report);
    if (options.sha256 && model->files().size() > 1) {
      throw UsageError(
          describe({model->path(), {}, {}}, "the model is several files, and --sha256 is for one file"));
    }
    const auto* const noted = dynamic_cast<const Noted*>(model.get());
    if (noted != nullptr && options.note) {
      for (const std::string& line : noted->notes()) options.note(describe({model->path(), {}, {}}, line));
    }
    if (report.fault_count() > faults) {
      if (const auto why = foreign::unfinished(*input))
        report.warning(Code::unfinished, {input->name(), {}, {}}, *why);
    }
    // A model that is named by its file is no more than that file says.
    if (file != place) {
      model->find_side_files_with(
          [file, links](const std::string& out) { return side_files_beside(file, links, out); });
    }
    return model;
  } catch (const CorruptError& error) {
    // A file that shrank under us reads as zeros and looks corrupt.
    input->require_unchanged();
    const auto why = error.code() == Code::foreign ? std::nullopt : foreign::unfinished(*input);
    if (!why) throw;
    throw CorruptError(error.where(), error.message() + "; the file " + *why, error.code());
  }
}

std::string npy_header(const Model& model, const Tensor& tensor) {
  return npy::header(npy::required_written_type(model.path(), tensor).descr, tensor.shape);
}

std::vector<std::string> npy_notes(std::span<const Tensor* const> tensors) {
  return npy::notes_on_types(tensors);
}

}  // namespace aerotool

#include "formats/zero/files.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::zero {
namespace {

constexpr std::string_view kStates = "_model_states.pt";
constexpr std::string_view kPartition = "_optim_states.pt";
constexpr std::uint64_t kMaxLatest = 4096;
constexpr std::size_t kMaxName = 255;  // of a directory, on any system

/// The number between two words; nothing where they, or it, are not there.
std::optional<std::uint32_t> number_behind(std::string_view& text, std::string_view word) {
  const auto at = text.find(word);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + word.size());
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc()) return std::nullopt;
  text = rest.substr(static_cast<std::size_t>(end - rest.data()));
  return number;
}

struct FileName {
  bool is_partition = false;
  std::optional<std::uint32_t> process;
  std::uint32_t model_part = 0;
};

/// "mp_rank_00_model_states.pt", "bf16_zero_pp_rank_3_mp_rank_00_optim_states.pt"
std::optional<FileName> parse(std::string_view name) {
  FileName parsed;
  parsed.is_partition = name.ends_with(kPartition);
  if (!parsed.is_partition && !name.ends_with(kStates)) return std::nullopt;
  std::string_view rest = name;
  if (rest.starts_with("bf16_")) rest.remove_prefix(5);
  if (rest.starts_with("zero_pp_rank_")) {
    parsed.process = number_behind(rest, "zero_pp_rank_");
    if (!parsed.process) return std::nullopt;
  } else if (!rest.starts_with("mp_rank_")) {
    return std::nullopt;
  }
  const auto part = number_behind(rest, "mp_rank_");
  if (!part || (rest != kPartition && rest != kStates)) return std::nullopt;
  parsed.model_part = *part;
  return parsed;
}

/// What a file is a part of that is divided in other ways than by ZeRO; empty where it is none.
std::string_view other_division(std::string_view name) {
  if (name.starts_with("layer_") && name.find("-model_") != std::string_view::npos &&
      name.ends_with("-model_states.pt"))
    return "a model that is divided by layers (pipeline)";
  const bool is_expert = name.starts_with("expert_") || name.find("_expert_") != std::string_view::npos;
  if ((is_expert && name.ends_with(kStates)) ||
      (name.starts_with("expp_rank_") && name.ends_with(kPartition)))
    return "a mixture of experts";
  const auto parsed = parse(name);
  return parsed && parsed->model_part != 0 ? "a model whose tensors are divided (tensor parallel)" : "";
}

std::string directory_in(const io::Input& latest) {
  const Bytes bytes = latest.view(0, std::min(latest.size(), kMaxLatest));
  std::string tag(bytes.text());
  tag.erase(tag.find_last_not_of(" \t\r\n") + 1);
  std::string problem = io::path_problem(tag);
  if (problem.empty() && (tag.find('/') != std::string::npos || tag == "." || tag.size() > kMaxName))
    problem = "is no name of a directory";
  if (!problem.empty()) {
    throw CorruptError({latest.name(), {}, {}}, "names the directory " + shown(tag) + ", which " + problem,
                       Code::path);
  }
  return tag;
}

std::vector<std::string> by_number(const std::map<std::uint32_t, std::string>& files, const std::string& path,
                                   std::string_view what) {
  std::vector<std::string> names;
  for (const auto& [number, name] : files) {
    if (number != names.size()) {
      throw CorruptError(
          {path, {}, {}},
          "the " + std::string(what) + " of process " + std::to_string(names.size()) + " is missing",
          Code::missing);
    }
    names.push_back(name);
  }
  return names;
}

/// zero/NAME/fp32.pt for each parameter, as ds_to_universal writes them.
std::vector<std::pair<std::string, std::string>> universal_files(const std::string& directory,
                                                                 const std::string& before) {
  constexpr std::string_view kDirectory = "zero";
  constexpr std::string_view kWeights = "fp32.pt";
  std::vector<std::pair<std::string, std::string>> files;
  const std::string inside = io::path_in(directory, std::string(kDirectory));
  if (io::type_of(inside) != io::FileType::directory) return files;
  std::vector<std::string> names = io::names_in(inside);
  std::ranges::sort(names);
  for (std::string& name : names) {
    const std::string file = io::path_in(io::path_in(inside, name), std::string(kWeights));
    if (io::type_of(file) != io::FileType::regular) continue;
    std::string relative = before + std::string(kDirectory) + "/" + name + "/" + std::string(kWeights);
    files.emplace_back(std::move(name), std::move(relative));
  }
  return files;
}

}  // namespace

bool is_checkpoint_file(std::string_view name) {
  return parse(name).has_value() || !other_division(name).empty();
}

CheckpointFiles files_of(const io::Input& named) {
  const std::string& path = named.name();
  io::require_directory(path);
  std::string directory = io::directory_of(path);
  std::string before;
  const std::string own = path.substr(path.rfind('/') + 1);
  if (own == kLatest || own == kLatestUniversal) {
    before = directory_in(named) + "/";
    directory = io::path_in(directory, before.substr(0, before.size() - 1));
    if (io::type_of(directory) != io::FileType::directory) {
      throw CorruptError(
          {path, {}, {}},
          "names the directory " + shown(before.substr(0, before.size() - 1)) + ", which is not there",
          Code::missing);
    }
  }
  std::map<std::uint32_t, std::string> states;
  std::map<std::uint32_t, std::string> partitions;
  std::string undivided;
  for (const std::string& name : io::names_in(directory)) {
    if (const std::string_view what = other_division(name); !what.empty()) {
      throw UnsupportedError({directory, {}, {}}, shown(name) + " is a part of " + std::string(what) +
                                                      ", which is not put together");
    }
    const auto parsed = parse(name);
    if (!parsed) continue;
    if (!parsed->process) {
      if (parsed->is_partition) continue;
      undivided = before + name;
    } else {
      (parsed->is_partition ? partitions : states).emplace(*parsed->process, before + name);
    }
  }
  CheckpointFiles files;
  files.states = undivided.empty() ? by_number(states, directory, "model's state") : std::vector{undivided};
  files.partitions = by_number(partitions, directory, "optimizer's state");
  if (files.partitions.empty()) files.universal = universal_files(directory, before);
  if (!files.universal.empty()) return files;
  if (files.states.empty()) {
    throw CorruptError({directory, {}, {}},
                       "has no *_model_states.pt, and nothing else says which parameters there are",
                       Code::missing);
  }
  if (files.partitions.empty()) {
    throw UnsupportedError({directory, {}, {}},
                           "has no *_optim_states.pt: the model's state is whole, in 'module' of " +
                               shown(files.states.front()) +
                               ", which is read by its name with --from pytorch --key module");
  }
  return files;
}

}  // namespace aerotool::zero

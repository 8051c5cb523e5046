#include "registry/training_layouts.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool {
namespace {

// Megatron's `torch` layout: iter_0000100/mp_rank_00_001/model_optim_rng.pt
// (megatron/training/checkpointing.py).
constexpr std::string_view kMegatronPart = "model_optim_rng.pt";
constexpr std::string_view kMegatronLatest = "latest_checkpointed_iteration.txt";
constexpr std::string_view kMegatronParts = "mp_rank_";
constexpr std::size_t kMostListed = 3;

/// Nothing where it is not there, or out of reach.
std::string text_at(const std::string& path) {
  constexpr std::uint64_t kMost = 4096;
  try {
    if (io::type_of(path) != io::FileType::regular) return {};
    const auto input = io::Input::open(path);
    return std::string(input->view(0, std::min(input->size(), kMost)).text());
  } catch (const Error&) {
    return {};
  }
}

/// Directories with a part of a Megatron checkpoint each.
std::vector<std::string> megatron_parts_in(const std::string& directory) {
  constexpr std::size_t kMostParts = 4096;
  std::vector<std::string> parts;
  try {
    for (const std::string& name : io::names_in(directory)) {
      if (!name.starts_with(kMegatronParts) || parts.size() == kMostParts) continue;
      const std::string part = io::path_in(io::path_in(directory, name), std::string(kMegatronPart));
      if (io::type_of(part) == io::FileType::regular) parts.push_back(name);
    }
  } catch (const IoError&) {
    // What cannot be looked at is not known to be one.
    return {};
  }
  sort_names(parts);
  return parts;
}

std::string about_parts(const std::vector<std::string>& parts) {
  return "a checkpoint of Megatron in its older layout (torch): " + listed(parts, kMostListed) +
         " hold parts of tensors, and nothing says which; it is not put together";
}

/// {"sharded_backend": "zarr", ...}, and a directory with .zarray for each tensor.
bool is_zarr(const std::string& directory) {
  const std::string text = text_at(io::path_in(directory, "metadata.json"));
  return text.find("\"sharded_backend\"") != std::string::npos && text.find("\"zarr\"") != std::string::npos;
}

}  // namespace

std::string unread_layout_in(const std::string& directory) {
  if (is_zarr(directory)) return "is a checkpoint of Megatron as zarr arrays, which are not read";
  if (const auto parts = megatron_parts_in(directory); parts.size() > 1) return "is " + about_parts(parts);
  if (io::type_of(io::path_in(directory, std::string(kMegatronPart))) == io::FileType::regular)
    return unread_layout_of(io::path_in(directory, std::string(kMegatronPart)));
  std::string iteration = text_at(io::path_in(directory, std::string(kMegatronLatest)));
  iteration.erase(std::min(iteration.find_first_of(" \t\r\n"), iteration.size()));
  constexpr std::size_t kDigits = 7;
  const bool is_number = !iteration.empty() && iteration.size() <= 2 * kDigits &&
                         iteration.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number && iteration != "release") return {};
  if (is_number) {
    iteration.insert(0, kDigits - std::min(kDigits, iteration.size()), '0');
    iteration.insert(0, "iter_");
  }
  const std::string inside = io::path_in(directory, iteration);
  if (io::type_of(inside) != io::FileType::directory) return {};
  const std::string what = unread_layout_in(inside);
  return what.empty() ? what : "holds " + iteration + ", which " + what;
}

std::string unread_layout_of(const std::string& file) {
  if (file.substr(file.rfind('/') + 1) != kMegatronPart) return {};
  const std::string directory = io::real_path(io::directory_of(file));
  const auto slash = directory.rfind('/');
  if (slash == std::string::npos || slash == 0) return {};
  if (!std::string_view(directory).substr(slash + 1).starts_with(kMegatronParts)) return {};
  const auto parts = megatron_parts_in(directory.substr(0, slash));
  return parts.size() > 1 ? "belongs to " + about_parts(parts) : std::string();
}

}  // namespace aerotool

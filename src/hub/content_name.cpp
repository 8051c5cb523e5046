#include "hub/content_name.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "hub/hf_cache.hpp"
#include "io/listing.hpp"
#include "io/no_links.hpp"
#include "io/relative_path.hpp"

namespace aerotool::hub {
namespace {

constexpr std::string_view kOllamaPrefix = "sha256-";

std::optional<Digest> promised_by_name(const std::string& directory, std::string_view name) {
  if (last_name(directory) != "blobs") return std::nullopt;
  if (name.starts_with(kOllamaPrefix)) return sha256_in_name(name.substr(kOllamaPrefix.size()));
  return is_repository_name(last_name(parent_of(directory))) ? sha256_in_name(name) : std::nullopt;
}

}  // namespace

std::string_view last_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);  // all of it where there is no slash
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

bool is_hexadecimal(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::optional<Digest> sha256_in_name(std::string_view name) {
  Digest digest{};
  if (!from_hex(name, digest)) return std::nullopt;
  return digest;
}

std::optional<Digest> promised_sha256(const std::string& path) {
  // As many as the system itself follows.
  constexpr int kMaxLinks = 40;
  std::string at = path;
  for (int i = 0; i < kMaxLinks; ++i) {
    const std::string directory = io::real_path(io::directory_of(at));
    const std::string name(last_name(at));
    if (directory.empty() || name.empty()) return std::nullopt;
    if (const auto digest = promised_by_name(directory, name)) return digest;
    const auto text = io::link_text(directory + "/" + name);
    if (!text) return std::nullopt;
    at = text->starts_with('/') ? *text : directory + "/" + *text;
  }
  return std::nullopt;
}

}  // namespace aerotool::hub

#include "hub/ollama.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/content_name.hpp"
#include "hub/ollama_manifest.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"

namespace aerotool::hub {
namespace {

constexpr std::string_view kScheme = "ollama:";
constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";
constexpr std::string_view kDigestPrefix = "sha256:";
constexpr std::size_t kMaxListed = 8;
constexpr std::uint64_t kMaxManifestBytes = std::uint64_t{1} << 20;

/// As ollama has it: [HOST/][NAMESPACE/]MODEL[:TAG].
struct Name {
  std::string host = "registry.ollama.ai";
  std::string name_space = "library";
  std::string model;
  std::string tag = "latest";
};

bool is_component(std::string_view text, std::string_view more = {}) {
  constexpr std::size_t kLongest = 350;
  if (text.empty() || text.size() > kLongest || text.front() == '.' || text.front() == '-') return false;
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.' ||
           c == '_' || c == '-' || more.find(c) != std::string_view::npos;
  });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Name parse_name(const std::string& operand) {
  Name name;
  std::string text = operand.substr(kScheme.size());
  // The colon of a host's port stands before a slash.
  const auto colon = text.rfind(':');
  if (colon != std::string::npos && text.find('/', colon) == std::string::npos) {
    name.tag = text.substr(colon + 1);
    text.resize(colon);
  }
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() == 3) name.host = parts[0];
  if (parts.size() >= 2) name.name_space = parts[parts.size() - 2];
  name.model = parts.back();
  if (parts.size() > 3 || !is_component(name.host, ":") || !is_component(name.name_space) ||
      !is_component(name.model) || !is_component(name.tag)) {
    throw UsageError("'" + escape_controls(shortened(operand)) +
                     "' is no name of an ollama model: ollama:[[HOST/]NAMESPACE/]MODEL[:TAG]");
  }
  return name;
}

std::vector<std::string> stores() {
  if (const char* named = std::getenv("OLLAMA_MODELS"); named != nullptr && *named != '\0') return {named};
  std::vector<std::string> found;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    found.push_back(std::string(home) + "/.ollama/models");
  found.emplace_back("/usr/share/ollama/.ollama/models");
  return found;
}

/// The text of a file that is no longer than a manifest; none where it is longer.
std::optional<std::string> short_text(const std::string& path) {
  const auto input = io::Input::open(path);
  if (input->size() > kMaxManifestBytes) return std::nullopt;
  return std::string(input->view(0, input->size()).text());
}

/// Why the blob is not there.
[[noreturn]] void refuse_missing(const std::string& manifest, const std::string& blobs,
                                 const std::string& name) {
  bool partial = false;
  if (io::type_of(blobs) == io::FileType::directory) {
    for (const std::string& there : io::names_in(blobs))
      partial = partial || there.starts_with(name + "-partial");
  }
  throw CorruptError({manifest, {}, {}}, "its blob " + escape_controls(blobs + "/" + name) +
                                             (partial ? " is an unfinished download" : " is missing") +
                                             "; 'ollama pull' fetches it");
}

/// The path of the one model layer of a manifest in a store.
std::string blob_of(const std::string& manifest, const std::vector<OllamaLayer>& layers,
                    const std::vector<std::string>& possible_stores) {
  std::vector<std::string> others;
  std::vector<OllamaLayer> models;
  for (const OllamaLayer& layer : layers) {
    if (layer.media_type == kModelLayer) {
      models.push_back(layer);
    } else if (std::find(others.begin(), others.end(), layer.media_type) == others.end()) {
      others.push_back(layer.media_type);
    }
  }
  if (models.empty()) {
    sort_names(others);
    throw UsageError(
        describe({manifest, {}, {}}, "this ollama model has no layer of type " + std::string(kModelLayer) +
                                         (others.empty() ? "" : ", only " + listed(others, kMaxListed))));
  }
  if (models.size() > 1) {
    std::string digests;
    for (const OllamaLayer& layer : models)
      digests += (digests.empty() ? "" : ", ") + escape_controls(shortened(layer.digest));
    throw UsageError(describe(
        {manifest, {}, {}}, "this ollama model has " + std::to_string(models.size()) +
                                " layers with weights; name the blob of one of them: " + shortened(digests)));
  }
  const OllamaLayer& model = models.front();
  const std::string_view digest = model.digest;
  if (!digest.starts_with(kDigestPrefix) || !sha256_in_name(digest.substr(kDigestPrefix.size()))) {
    throw CorruptError({manifest, {}, {}}, "the digest '" + escape_controls(shortened(digest)) +
                                               "' of its model is not a SHA-256");
  }
  const std::string name = "sha256-" + std::string(digest.substr(kDigestPrefix.size()));
  for (const std::string& store : possible_stores) {
    std::string path = store + "/blobs/" + name;
    if (io::type_of(path) != io::FileType::regular) continue;
    const std::uint64_t size = io::Input::open(path)->size();
    if (model.size && *model.size != size) {
      throw CorruptError({manifest, {}, {}}, "its blob " + escape_controls(path) + " has " +
                                                 with_thousands(size) + " bytes; the manifest says " +
                                                 with_thousands(*model.size));
    }
    return path;
  }
  refuse_missing(manifest, possible_stores.front() + "/blobs", name);
}

/// The store that a manifest lies in; those of this machine where it lies in none.
std::vector<std::string> stores_of(const std::string& manifest) {
  constexpr std::string_view kManifests = "/manifests/";
  const std::string real = io::real_path(manifest);
  const auto at = real.rfind(kManifests);
  // STORE/manifests/HOST/NAMESPACE/MODEL/TAG
  if (at == std::string::npos ||
      std::count(real.begin() + static_cast<std::ptrdiff_t>(at), real.end(), '/') != 5)
    return stores();
  return {real.substr(0, at)};
}

}  // namespace

bool is_ollama_name(std::string_view operand) {
  return operand.starts_with(kScheme);
}

std::string ollama_blob(const std::string& operand) {
  const Name name = parse_name(operand);
  const std::string model = "/manifests/" + name.host + "/" + name.name_space + "/" + name.model;
  std::string places;
  for (const std::string& store : stores()) {
    const std::string path = store + model + "/" + name.tag;
    if (io::type_of(path) == io::FileType::regular) {
      const auto text = short_text(path);
      const auto layers = text ? read_ollama_manifest(*text) : std::nullopt;
      if (!layers) throw CorruptError({path, {}, {}}, "is not a manifest of ollama");
      return blob_of(path, *layers, {store});
    }
    if (io::type_of(store + model) == io::FileType::directory) {
      std::vector<std::string> tags = io::names_in(store + model);
      sort_names(tags);
      if (!tags.empty()) {
        throw UsageError("ollama has no '" + escape_controls(operand.substr(kScheme.size())) + "' in " +
                         escape_controls(store) +
                         "; the tags of this model there: " + listed(tags, kMaxListed));
      }
    }
    places += (places.empty() ? "" : ", ") + escape_controls(store);
  }
  throw UsageError("ollama has no '" + escape_controls(operand.substr(kScheme.size())) + "' in " + places +
                   " (OLLAMA_MODELS names another place)");
}

std::optional<std::string> blob_of_manifest(const std::string& path) {
  if (io::type_of(path) != io::FileType::regular) return std::nullopt;
  const auto text = short_text(path);
  if (!text || !text->starts_with('{') || text->find("\"schemaVersion\"") == std::string::npos)
    return std::nullopt;
  const auto layers = read_ollama_manifest(*text);
  if (!layers) return std::nullopt;
  return blob_of(path, *layers, stores_of(path));
}

}  // namespace aerotool::hub

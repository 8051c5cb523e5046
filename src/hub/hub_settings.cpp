#include "hub/hub_settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/address_rules.hpp"
#include "io/file_input.hpp"
#include "io/ip_address.hpp"
#include "io/listing.hpp"

namespace aerotool::hub {
namespace {

constexpr const char* kEndpointVariable = "HF_ENDPOINT";
constexpr std::string_view kUsualEndpoint = "https://huggingface.co";
constexpr std::uint64_t kMaxTokenBytes = 4096;

/// A variable that is empty counts as not set.
std::string from_environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

std::string in_home(std::string path) {
  if (!path.starts_with("~/")) return path;
  return from_environment("HOME") + path.substr(1);
}

std::string hub_home() {
  if (std::string home = from_environment("HF_HOME"); !home.empty()) return in_home(std::move(home));
  if (const std::string base = from_environment("XDG_CACHE_HOME"); !base.empty())
    return base + "/huggingface";
  const std::string home = from_environment("HOME");
  return home.empty() ? home : home + "/.cache/huggingface";
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// A token is one field of a request, so whatever could end it is refused.
std::string token_in(std::string_view text, const std::string& place) {
  const std::string_view token = trimmed(text);
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || token.size() > kMaxTokenBytes)
    throw UsageError(describe({place, {}, {}}, "what it holds cannot be a token of the hub"));
  return std::string(token);
}

std::string token_in_file(const std::string& path) {
  if (path.empty() || io::type_of(path) != io::FileType::regular) return {};
  const auto input = io::FileInput::open(path);
  if (input->size() > kMaxTokenBytes)
    throw UsageError(describe({path, {}, {}}, "what it holds cannot be a token of the hub"));
  return token_in(input->view(0, input->size()).text(), path);
}

bool is_this_machine(const std::string& host) {
  if (host == "localhost") return true;
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  const auto address = io::address_in(bracketed ? host.substr(1, host.size() - 2) : host);
  return address && io::special_kind(*address) == io::special_kind(*io::address_in("127.0.0.1"));
}

}  // namespace

io::Url hub_endpoint() {
  const std::string set = from_environment(kEndpointVariable);
  const io::ParsedUrl parsed = io::parse_url(set.empty() ? kUsualEndpoint : trimmed(set));
  const auto refuse = [](const std::string& problem) {
    throw UsageError(std::string(kEndpointVariable) + ": the URL of the hub " + problem);
  };
  if (!parsed.url) refuse(parsed.problem);
  io::Url url = *parsed.url;
  if (url.user || !url.query.empty()) refuse("may have neither a user nor a query");
  while (url.path.ends_with('/')) url.path.pop_back();
  return url;
}

std::string hub_token() {
  for (const char* const variable : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    if (std::string token = token_in(from_environment(variable), variable); !token.empty()) return token;
  }
  const std::string path = from_environment("HF_TOKEN_PATH");
  if (!path.empty()) return token_in_file(in_home(path));
  const std::string home = hub_home();
  return home.empty() ? home : token_in_file(home + "/token");
}

bool may_have_token(const io::Origin& origin, const io::Url& endpoint) {
  return origin == endpoint.origin && (origin.scheme == io::Scheme::https || is_this_machine(origin.host));
}

std::string hub_cache_directory() {
  for (const char* const variable : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (std::string path = from_environment(variable); !path.empty()) return in_home(std::move(path));
  }
  const std::string home = hub_home();
  return home.empty() ? home : home + "/hub";
}

}  // namespace aerotool::hub

#include "hub/hub_name.hpp"

#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/percent.hpp"
#include "io/url.hpp"

namespace aerotool::hub {
namespace {

constexpr std::string_view kScheme = "hf://";
constexpr std::string_view kForm = "hf://OWNER/NAME[@REVISION][/PATH]";
constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t kMaxRepositoryName = 96;
constexpr std::size_t kMaxRevision = 255;
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxQuant = 64;
/// Revisions whose slashes need no encoding; one segment follows.
constexpr std::array<std::string_view, 2> kSpecialRevisions = {"refs/pr/", "refs/convert/"};

[[noreturn]] void refuse(std::string_view text, const std::string& problem) {
  throw UsageError(describe({std::string(text), {}, {}}, problem));
}

bool is_control(char c) {
  constexpr char kDelete = 0x7f;
  return static_cast<unsigned char>(c) < ' ' || c == kDelete;
}

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return kLetters.find(c) != std::string_view::npos || others.find(c) != std::string_view::npos;
  });
}

/// What the hub takes as the name of an owner or a repository; so none is a path or an option of anything.
bool is_plain_name(std::string_view name) {
  const auto is_inside = [](char c) { return c != '-' && c != '.'; };
  return !name.empty() && name.size() <= kMaxRepositoryName && consists_of(name, "-._") &&
         is_inside(name.front()) && is_inside(name.back()) && name.find("--") == std::string_view::npos &&
         name.find("..") == std::string_view::npos;
}

/// By Git's rules for names, as far as they matter in a URL and in a path.
std::string problem_of_revision(std::string_view revision) {
  if (revision.empty()) return "has no revision behind its @";
  if (revision.size() > kMaxRevision) return "has a revision that is too long";
  const bool plain =
      std::none_of(revision.begin(), revision.end(), is_control) && is_utf8(revision) &&
      revision.find_first_of(" ~^:?*[\\") == std::string_view::npos && !revision.starts_with('/') &&
      !revision.ends_with('/') && !revision.starts_with('.') &&
      revision.find("..") == std::string_view::npos && revision.find("//") == std::string_view::npos &&
      revision.find("/.") == std::string_view::npos && revision.find("@{") == std::string_view::npos;
  return plain ? std::string() : "has a revision that cannot be the name of one";
}

/// Takes what stands before the first of some characters, or all.
std::string_view take_until(std::string_view& rest, std::string_view ends) {
  const std::string_view taken = rest.substr(0, rest.find_first_of(ends));
  rest.remove_prefix(taken.size());
  return taken;
}

/// Takes a revision, which stands behind an "@", off the front.
std::string_view take_revision(std::string_view& rest) {
  const std::string_view all = rest;
  for (const std::string_view special : kSpecialRevisions) {
    if (!rest.starts_with(special)) continue;
    rest.remove_prefix(special.size());
    return all.substr(0, special.size() + take_until(rest, "/:").size());
  }
  return take_until(rest, "/:");
}

RepositoryKind take_kind(std::string_view text, std::string_view& rest) {
  constexpr std::array kKinds = {RepositoryKind::model, RepositoryKind::dataset, RepositoryKind::space};
  const std::string_view first = rest.substr(0, rest.find('/'));
  for (const RepositoryKind kind : kKinds) {
    if (first != kind_segment(kind) || first.size() == rest.size()) continue;
    rest.remove_prefix(first.size() + 1);
    return kind;
  }
  if (first == "kernels" || first == "buckets")
    refuse(text, "names one of the hub's " + std::string(first) + ", which are not read");
  return RepositoryKind::model;
}

std::string revision_in(std::string_view text, std::string_view encoded) {
  if (!io::is_percent_encoded(encoded))
    refuse(text, "has a % without two hexadecimal digits in its revision; %25 stands for one");
  std::string revision = io::percent_decoded(encoded);
  if (const std::string problem = problem_of_revision(revision); !problem.empty()) refuse(text, problem);
  return revision;
}

}  // namespace

std::string HubName::shown_repository() const {
  std::string text(kScheme);
  // Else an owner could be taken for a kind.
  if (kind != RepositoryKind::model) text.append(kind_segment(kind)).append("/");
  text += repository();
  if (revision.empty()) return text;
  const bool special =
      std::any_of(kSpecialRevisions.begin(), kSpecialRevisions.end(), [&](std::string_view begin) {
        return revision.starts_with(begin) && revision.find('/', begin.size()) == std::string::npos;
      });
  if (!special) return text + "@" + io::percent_encoded(revision);
  const auto last = revision.rfind('/') + 1;
  return text + "@" + revision.substr(0, last) + io::percent_encoded(std::string_view(revision).substr(last));
}

std::string HubName::shown() const {
  std::string text = shown_repository();
  if (!path.empty()) text += "/" + path;
  if (!quant.empty()) text += ":" + quant;
  return text;
}

std::string_view kind_segment(RepositoryKind kind) {
  switch (kind) {
    case RepositoryKind::model:
      return "models";
    case RepositoryKind::dataset:
      return "datasets";
    case RepositoryKind::space:
      return "spaces";
  }
  return {};
}

bool is_hub_name(std::string_view text) {
  return io::scheme_of(text) == "hf" && text.substr(2).starts_with("://");
}

HubName parse_hub_name(std::string_view text) {
  if (!is_hub_name(text)) refuse(text, "does not begin with hf://");
  HubName parsed;
  std::string_view rest = text.substr(kScheme.size());
  parsed.kind = take_kind(text, rest);
  parsed.owner = take_until(rest, "/@:");
  if (!rest.starts_with('/') || rest.size() == 1)
    refuse(text, "names no repository of a hub; the form is " + std::string(kForm));
  rest.remove_prefix(1);
  parsed.name = take_until(rest, "/@:");
  if (!is_plain_name(parsed.owner) || !is_plain_name(parsed.name)) {
    refuse(text, "'" + escape_controls(shortened(parsed.owner + "/" + parsed.name)) +
                     "' cannot be the name of a repository; the form is " + std::string(kForm));
  }
  if (rest.starts_with('@')) {
    rest.remove_prefix(1);
    parsed.revision = revision_in(text, take_revision(rest));
  }
  if (rest.starts_with(':')) {
    parsed.quant = rest.substr(1);
    if (parsed.quant.empty() || parsed.quant.size() > kMaxQuant || !consists_of(parsed.quant, "-._"))
      refuse(text, "has no type behind its colon; the form is hf://OWNER/NAME:TYPE, as in :Q4_K_M");
    return parsed;
  }
  if (rest.starts_with('/')) rest.remove_prefix(1);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty()) return parsed;
  if (const std::string problem = problem_of_hub_path(rest); !problem.empty())
    refuse(text, "has a path that " + problem);
  parsed.path = rest;
  return parsed;
}

std::string problem_of_hub_path(std::string_view path) {
  if (path.empty()) return "is empty";
  if (path.size() > kMaxPath) return "is too long";
  if (std::any_of(path.begin(), path.end(), is_control)) return "has a control character in it";
  if (path.find('\\') != std::string_view::npos) return "has a backslash in it";
  if (!is_utf8(path)) return "is not UTF-8";
  for (std::string_view rest = path;;) {
    const std::string_view segment = take_until(rest, "/");
    if (segment.empty()) return "has an empty segment";
    if (segment == "." || segment == "..") return "has a segment of dots";
    if (rest.empty()) return {};
    rest.remove_prefix(1);
    if (rest.empty()) return "has an empty segment";
  }
}

bool is_commit(std::string_view revision) {
  constexpr std::size_t kDigits = 40;
  return revision.size() == kDigits &&
         revision.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace aerotool::hub

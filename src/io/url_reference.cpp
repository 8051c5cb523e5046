#include "io/url_reference.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "io/percent.hpp"

namespace aerotool::io {
namespace {

ParsedUrl refused_reference(std::string problem) {
  return {{}, std::move(problem)};
}

/// Why a relative path is refused as a whole; its segments are looked at one by one.
std::string problem_of_relative(std::string_view relative) {
  if (relative.empty()) return "is empty";
  if (relative.size() > kMaxUrlBytes) return "has more than " + with_thousands(kMaxUrlBytes) + " bytes";
  if (relative.starts_with('/')) return "is absolute";
  // What a scheme is, is a matter of the part before the first slash alone.
  if (!scheme_of(relative.substr(0, relative.find('/'))).empty()) return "begins with a scheme";
  if (relative.find_first_of("?#") != std::string_view::npos) return "has a ? or # in it";
  // Some servers take one for a slash, also where it is encoded.
  if (relative.find('\\') != std::string_view::npos) return "has a backslash in it";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(relative.begin(), relative.end(), is_control)) return "has a control character in it";
  return {};
}

/// What is wrong with the segments of a path; empty where they stand behind `path`, encoded.
std::string append_segments(std::string_view relative, std::string& path) {
  bool names_file = false;
  for (bool last = false; !last;) {
    const auto slash = relative.find('/');
    last = slash == std::string_view::npos;
    const std::string_view segment = relative.substr(0, slash);
    if (!last) relative.remove_prefix(slash + 1);
    if (segment.empty()) return "has an empty part between slashes or at its end";
    if (segment == "..") return "leads out of the directory";
    names_file = segment != ".";
    if (names_file) path.append("/").append(percent_encoded(segment));
  }
  return names_file ? std::string{} : "names no file";
}

}  // namespace

ParsedUrl parse_named_url(std::string_view text) {
  ParsedUrl parsed = parse_url(text);
  // Whoever wrote the text has no say in which credentials are used.
  if (parsed.url && parsed.url->user) return refused_reference("has a user part before its host");
  return parsed;
}

ParsedUrl parse_named_url(const Url& from, std::string_view text) {
  ParsedUrl parsed = parse_named_url(text);
  if (!parsed.url) return parsed;
  Url& url = *parsed.url;
  if (from.origin.scheme == Scheme::https && url.origin.scheme == Scheme::http)
    return refused_reference("leads from https to http");
  if (url.origin == from.origin) url.user = from.user;
  return parsed;
}

ParsedUrl resolve_redirect(const Url& base, std::string_view location) {
  if (location.empty()) return refused_reference("is empty");
  if (!scheme_of(location).empty()) return parse_named_url(base, location);
  const std::string origin = base.origin.text();
  const auto behind = [&](std::string_view front) {
    return parse_named_url(base, std::string(front).append(location));
  };
  if (location.starts_with("//")) return behind(origin.substr(0, origin.find("//")));
  if (location.starts_with('/')) return behind(origin);
  if (location.starts_with('?')) return behind(origin + base.path);
  if (location.starts_with('#')) return behind(origin + base.path + base.query);
  return behind(origin + base.path.substr(0, base.path.rfind('/') + 1));
}

ParsedUrl url_in(const Url& directory, std::string_view relative) {
  if (std::string problem = problem_of_relative(relative); !problem.empty())
    return refused_reference(std::move(problem));
  Url url = directory;
  // "https://host/a" and "https://host/a/" are one directory.
  if (url.path.ends_with('/')) url.path.pop_back();
  if (std::string problem = append_segments(relative, url.path); !problem.empty())
    return refused_reference(std::move(problem));
  if (url.to_request().size() > kMaxUrlBytes)
    return refused_reference("makes a URL of more than " + with_thousands(kMaxUrlBytes) + " bytes");
  return {std::move(url), {}};
}

ParsedUrl url_beside(const Url& file, std::string_view relative) {
  Url directory = file;
  directory.path.resize(directory.path.rfind('/') + 1);
  directory.query.clear();
  return url_in(directory, relative);
}

}  // namespace aerotool::io

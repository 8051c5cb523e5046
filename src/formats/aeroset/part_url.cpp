#include "formats/aeroset/part_url.hpp"

#include "core/text.hpp"
#include "io/url_reference.hpp"

namespace aerotool::aeroset {
namespace {

io::ParsedUrl named_by_index(const std::optional<io::Url>& index, std::string_view text) {
  return index ? io::parse_named_url(*index, text) : io::parse_named_url(text);
}

std::string quoted(std::string_view text) {
  return "'" + escape_controls(shortened(io::shown_url(text))) + "'";
}

/// Where the problem is one, it is said of what.
io::ParsedUrl said_of(const std::string& subject, io::ParsedUrl result) {
  if (!result.url) result.problem = subject + " " + result.problem;
  return result;
}

}  // namespace

io::ParsedUrl join_part_url(const std::optional<io::Url>& index, std::string_view base_url,
                            std::string_view path) {
  const std::string subject = "the path " + quoted(path);
  if (io::is_http_url(path)) return said_of(subject, named_by_index(index, path));
  if (base_url.empty()) {
    if (!index) return {{}, subject + " is no URL, and the index has no base_url"};
    return said_of(subject, io::url_beside(*index, path));
  }
  const io::ParsedUrl base = named_by_index(index, base_url);
  if (!base.url) return said_of("base_url " + quoted(base_url), base);
  return said_of(subject, io::url_in(*base.url, path));
}

}  // namespace aerotool::aeroset

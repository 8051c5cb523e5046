#include "io/remote_state.hpp"

#include "io/http_fields.hpp"

namespace aerotool::io {

std::string RemoteState::validator() const {
  if (is_strong_tag(tag)) return origin.text() + " " + tag;
  return date.empty() ? "" : date + ", " + std::to_string(size);
}

std::optional<RemoteState> state_of_validator(std::string_view validator, std::uint64_t size) {
  RemoteState state;
  state.size = size;
  if (is_http_url(validator)) {
    // A tag may have spaces in it, an origin has none.
    const auto space = validator.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const ParsedUrl origin = parse_url(validator.substr(0, space));
    if (!origin.url) return std::nullopt;
    state.origin = origin.url->origin;
    state.tag = validator.substr(space + 1);
  } else {
    const std::string end = ", " + std::to_string(size);
    if (!validator.ends_with(end)) return std::nullopt;
    state.date = validator.substr(0, validator.size() - end.size());
  }
  if (state.validator() != validator) return std::nullopt;
  return state;
}

}  // namespace aerotool::io

// Where the files of a set are published: src/formats/aeroset/FORMAT.md, "The index".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/url.hpp"

namespace aerotool::aeroset {

/// The URL of the file that a set's index calls `path`. A `path` that is a URL stands for itself; else it is
/// base_url + "/" + path, where there is a base_url that is not empty, else the file beside `index`. A slash
/// at the end of base_url counts for the one between, and its query stays behind the path. `index` is the URL
/// of the index, nothing for a local file. The problem is a sentence about path or base_url with what it
/// quotes escaped: one of parse_named_url() or url_in(), a base_url that is no URL, and a path alone in a
/// local index.
io::ParsedUrl join_part_url(const std::optional<io::Url>& index, std::string_view base_url,
                            std::string_view path);

}  // namespace aerotool::aeroset

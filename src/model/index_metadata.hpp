// What the index of a model's files says of the model as a whole, to be said again in another index.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aerotool {

/// The members of "metadata" in an index, but for "total_size", which depends on the files: each with its
/// value as JSON, in byte order of the keys. Nothing where the text is no such index,
/// or says more than 4 MiB.
using IndexMetadata = std::vector<std::pair<std::string, std::string>>;
IndexMetadata metadata_of_index(std::string_view json);

}  // namespace aerotool

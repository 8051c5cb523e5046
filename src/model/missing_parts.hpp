// The files of a model that lies in several: which of them are missing, and what messages say of that.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool {

/// Indexes of those among `names` that are missing in the directory of `base`. A name that is refused, or a
/// link, is not among them: opening it tells.
std::vector<std::size_t> missing_parts(const std::string& base, const std::vector<std::string>& names);

/// "part 2 of 3, m-00002-of-00003.gguf, is missing", "2 of 3 parts are missing: a, b". A name that is
/// numbered says which part it is, else its place among `names` does.
std::string tell_missing(const std::vector<std::string>& names, const std::vector<std::size_t>& missing);

/// Of an index that names `names`, all of which are missing, while `others` are present: it is older than
/// they are, or strayed here. `whole` is what the index is one of: "division", "set".
std::string tell_stale(const std::vector<std::string>& names, const std::vector<std::string>& others,
                       std::string_view whole);

/// The files in the directory of `index` that end in `extension`, sorted; hidden ones and directories are
/// left out. Throws IoError.
std::vector<std::string> files_beside(const std::string& index, std::string_view extension);

/// "a, b and c", "a, b, c and 12 more"
std::string list_files(const std::vector<std::string>& names);

}  // namespace aerotool

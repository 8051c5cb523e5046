// What content is that is no model this program reads: a Git LFS pointer, a server's error page, a pickle. A
// reader asks here only where content is not of its own format, so that no file of ours is ever taken for
// something else.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/input.hpp"

namespace aerotool::foreign {

/// What a file is, and what to do about it, in words that go behind its name: "is a Git LFS pointer, not the
/// file: ...". Nothing where it is not known. Reads little of it, whatever its size.
std::optional<std::string> recognise(const io::Input& input);

/// Throws CorruptError where the file, which is no file of the format `expected`, is known to be something
/// else.
void refuse(const io::Input& input, std::string_view expected);

/// The same for what should be an index, a JSON object: what is JSON and no error message passes.
void refuse_unless_index(const io::Input& input);

/// Why a file that is cut short may be so: its name is that of an unfinished or a split download. Nothing
/// where the name tells no such thing.
std::optional<std::string> unfinished(const io::Input& input);
/// Whether a file's name is one of those.
bool is_unfinished_name(std::string_view name);

}  // namespace aerotool::foreign

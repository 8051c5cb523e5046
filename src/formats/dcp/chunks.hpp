// Whether the chunks of a tensor are that tensor: inside of it, beside each other, and all of it
// (src/formats/dcp/FORMAT.md, "Chunks").
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/finding_code.hpp"
#include "formats/dcp/index.hpp"

namespace aerotool::dcp {

struct Problem {
  Code code = Code::malformed;
  std::string message;
};

/// "[3, 0]": where a chunk begins.
std::string begin_text(const Index& index, const Key& key, std::uint64_t chunk);

/// What keeps a tensor, whose shape has a size, from being put together of its chunks; nothing where nothing
/// does. Takes no time that is quadratic in their number.
std::optional<Problem> problem_of_chunks(const Index& index, const Key& key);

}  // namespace aerotool::dcp

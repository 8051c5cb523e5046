// Mutates msgpack by its structure, so that what comes out is msgpack again.
#pragma once

#include <functional>
#include <random>
#include <string>

namespace aerotool::fuzz {

/// Changes one value of the object that `bytes` holds; a text or blob with `mutate`. Bytes that are no
/// msgpack are handed to `mutate` whole.
void mutate_msgpack(std::string& bytes, std::minstd_rand& random,
                    const std::function<void(std::string&)>& mutate);

}  // namespace aerotool::fuzz

// Mutates CBOR by its structure, so that what comes out is CBOR again.
#pragma once

#include <functional>
#include <random>
#include <span>
#include <string>
#include <string_view>

namespace aerotool::fuzz {

/// Changes one value of the item that `bytes` holds; a text becomes one of `words`, or is handed to `mutate`.
/// The result is in deterministic form, where `bytes` can be read as what has one. Bytes that are no CBOR are
/// handed to `mutate` whole.
void mutate_cbor(std::string& bytes, std::minstd_rand& random, std::span<const std::string_view> words,
                 const std::function<void(std::string&)>& mutate);

}  // namespace aerotool::fuzz

#include "hash/xxh3.hpp"

// The functions come with the header: the state has a place of its own, and the library has none that may
// fail.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace aerotool::hash {

struct Xxh3::State {
  XXH3_state_t state;
};

std::uint64_t xxh3(ByteSpan bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

Xxh3::Xxh3() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(&state_->state);
}

Xxh3::~Xxh3() = default;

void Xxh3::add(ByteSpan bytes) {
  XXH3_64bits_update(&state_->state, bytes.data(), bytes.size());
}

std::uint64_t Xxh3::finish() const {
  return XXH3_64bits_digest(&state_->state);
}

}  // namespace aerotool::hash

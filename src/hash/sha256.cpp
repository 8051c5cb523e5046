// SHA-256 by itself, not as one of libcrypto's EVP algorithms: these are looked up in a library context,
// whose making needs memory and ends the process where there is none.
#define OPENSSL_API_COMPAT 10101
#include "hash/sha256.hpp"

#include <openssl/sha.h>

namespace aerotool::hash {

struct Sha256::State {
  SHA256_CTX context;
};

// None of the three can fail.
Sha256::Sha256() : state_(std::make_unique<State>()) {
  ::SHA256_Init(&state_->context);
}

Sha256::~Sha256() = default;

void Sha256::add(ByteSpan bytes) {
  ::SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

Digest Sha256::finish() {
  Digest digest{};
  auto* out = static_cast<unsigned char*>(static_cast<void*>(digest.data()));
  ::SHA256_Final(out, &state_->context);
  return digest;
}

}  // namespace aerotool::hash

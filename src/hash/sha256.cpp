#include "hash/sha256.hpp"

#include <openssl/evp.h>

#include <new>

namespace aerotool::hash {

struct Sha256::State {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const { ::EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{::EVP_MD_CTX_new()};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  // libcrypto gives no other reason to fail here than memory.
  if (!state_->context || ::EVP_DigestInit_ex(state_->context.get(), ::EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc();
}

Sha256::~Sha256() = default;

void Sha256::add(ByteSpan bytes) {
  if (::EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) != 1) throw std::bad_alloc();
}

Digest Sha256::finish() {
  Digest digest{};
  auto* out = static_cast<unsigned char*>(static_cast<void*>(digest.data()));
  if (::EVP_DigestFinal_ex(state_->context.get(), out, nullptr) != 1) throw std::bad_alloc();
  return digest;
}

}  // namespace aerotool::hash

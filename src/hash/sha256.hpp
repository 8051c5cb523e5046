// SHA-256, of bytes that come in order.
#pragma once

#include <memory>

#include "core/bytes.hpp"
#include "hash/digest.hpp"

namespace aerotool::hash {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(ByteSpan bytes);
  /// Of all bytes added; nothing is added afterwards.
  Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aerotool::hash

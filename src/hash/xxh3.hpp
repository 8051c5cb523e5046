// XXH3-64, of bytes that come in order.
#pragma once

#include <cstdint>
#include <memory>

#include "core/bytes.hpp"

namespace aerotool::hash {

/// The value of bytes that are all at hand, with seed 0.
std::uint64_t xxh3(ByteSpan bytes);

class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  Xxh3(const Xxh3&) = delete;
  Xxh3& operator=(const Xxh3&) = delete;

  void add(ByteSpan bytes);
  /// Of all bytes added.
  std::uint64_t finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace aerotool::hash

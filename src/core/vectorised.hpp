// Loops that are compiled several times: for every processor, and for those with wider vectors.
#pragma once

#include <cstdint>

namespace aerotool {

/// How wide vectors are that loops are compiled for.
enum class Vectors : std::uint8_t { any, avx2, avx512 };

namespace detail {

inline Vectors widest_supported() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
    return Vectors::avx512;
  if (__builtin_cpu_supports("avx2")) return Vectors::avx2;
#endif
  return Vectors::any;
}

#if defined(__x86_64__)
template <typename Kernel, typename... Args>
[[gnu::target("avx2")]] void run_with_avx2(Args... args) {
  Kernel::run(args...);
}

template <typename Kernel, typename... Args>
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] void run_with_avx512(Args... args) {
  Kernel::run(args...);
}
#endif

}  // namespace detail

/// The vectors that vectorised() chooses: the widest that the processor has. Tests choose narrower ones, to
/// hold all of them to the same results.
inline Vectors& chosen_vectors() {
  static Vectors chosen = detail::widest_supported();
  return chosen;
}

/// Calls `Kernel::run(args...)`, a static function that is [[gnu::always_inline]], as compiled for the
/// processor that this runs on. Its results must not depend on the length of vectors: no sums of floats
/// whose order is the compiler's.
template <typename Kernel, typename... Args>
void vectorised(Args... args) {
#if defined(__x86_64__)
  if (chosen_vectors() == Vectors::avx512) return detail::run_with_avx512<Kernel>(args...);
  if (chosen_vectors() == Vectors::avx2) return detail::run_with_avx2<Kernel>(args...);
#endif
  Kernel::run(args...);
}

}  // namespace aerotool

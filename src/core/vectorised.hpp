// Loops that are compiled twice: for every processor, and for those with wider vectors.
#pragma once

namespace aerotool {

#if defined(__x86_64__)
namespace detail {

template <typename Kernel, typename... Args>
[[gnu::target("avx2")]] void run_with_avx2(Args... args) {
  Kernel::run(args...);
}

}  // namespace detail
#endif

/// Calls `Kernel::run(args...)`, a static function that is [[gnu::always_inline]], as compiled for the
/// processor that this runs on. Its results must not depend on the length of vectors: no sums of floats
/// whose order is the compiler's.
template <typename Kernel, typename... Args>
void vectorised(Args... args) {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return detail::run_with_avx2<Kernel>(args...);
#endif
  Kernel::run(args...);
}

}  // namespace aerotool

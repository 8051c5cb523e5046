#include "codecs/floats/widen.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "codecs/floats/small_float.hpp"
#include "core/vectorised.hpp"

namespace aerotool {
namespace {

/// `Element`: how an element lies in memory, and what it is as F32 or F64.
template <typename Element, typename Number>
struct Widen {
  [[gnu::always_inline]] static void run(ByteSpan bytes, std::span<Number> out) {
    using Bits = typename Element::Bits;
    const std::size_t count = out.size();
    Number* const to = out.data();
    for (std::size_t i = 0; i < count; ++i)
      to[i] = static_cast<Number>(Element::value(load_le<Bits>(bytes, i * sizeof(Bits))));
  }
};

template <typename BitsOfElement, auto Value>
struct Small {
  using Bits = BitsOfElement;
  [[gnu::always_inline]] static float value(Bits bits) { return Value(bits); }
};

struct Single {
  using Bits = std::uint32_t;
  [[gnu::always_inline]] static float value(Bits bits) { return std::bit_cast<float>(bits); }
};

struct Double {
  using Bits = std::uint64_t;
  [[gnu::always_inline]] static double value(Bits bits) { return std::bit_cast<double>(bits); }
};

template <typename Number>
void widen_to(FloatKind kind, ByteSpan bytes, std::span<Number> out) {
  const auto all = [&]<typename Element>(Element /*of*/) { vectorised<Widen<Element, Number>>(bytes, out); };
  switch (kind) {
    case FloatKind::f64:
      if constexpr (std::is_same_v<Number, double>) all(Double{});
      return;
    case FloatKind::f32:
      return all(Single{});
    case FloatKind::bf16:
      return all(Small<std::uint16_t, bf16_to_float>{});
    case FloatKind::f16:
      return all(Small<std::uint16_t, half_to_float>{});
    case FloatKind::f8_e4m3:
      return all(Small<std::uint8_t, f8_e4m3_to_float>{});
    case FloatKind::f8_e5m2:
      return all(Small<std::uint8_t, f8_e5m2_to_float>{});
    case FloatKind::f8_e4m3fnuz:
      return all(Small<std::uint8_t, fnuz_to_float<3, 8>>{});
    case FloatKind::f8_e5m2fnuz:
      return all(Small<std::uint8_t, fnuz_to_float<2, 16>>{});
    case FloatKind::f8_e8m0:
      return all(Small<std::uint8_t, f8_e8m0_to_float>{});
  }
}

}  // namespace

void widen(FloatKind kind, ByteSpan bytes, std::span<float> out) {
  widen_to(kind, bytes, out);
}

void widen(FloatKind kind, ByteSpan bytes, std::span<double> out) {
  widen_to(kind, bytes, out);
}

}  // namespace aerotool

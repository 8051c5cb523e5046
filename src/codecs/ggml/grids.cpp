#include "codecs/ggml/grids.hpp"

namespace aerotool::ggml::kernels {
namespace {

constexpr std::uint16_t kCodesIq2Xxs[] = {
#include "codecs/ggml/iq2xxs.inc"
};
constexpr std::uint16_t kCodesIq2Xs[] = {
#include "codecs/ggml/iq2xs.inc"
};
constexpr std::uint16_t kCodesIq2S[] = {
#include "codecs/ggml/iq2s.inc"
};
constexpr std::uint16_t kCodesIq3Xxs[] = {
#include "codecs/ggml/iq3xxs.inc"
};
constexpr std::uint16_t kCodesIq3S[] = {
#include "codecs/ggml/iq3s.inc"
};
constexpr std::uint16_t kCodesIq1[] = {
#include "codecs/ggml/iq1s.inc"
};

constexpr std::int8_t kValuesIq2[] = {8, 25, 43};
constexpr std::int8_t kValuesIq3Xxs[] = {4, 12, 20, 28, 36, 44, 52, 62};
constexpr std::int8_t kValuesIq3S[] = {1, 3, 5, 7, 9, 11, 13, 15};
constexpr std::int8_t kEightTimesValuesIq1[] = {-8, 0, 8};

}  // namespace

constexpr Grid<256, 8> kGridIq2Xxs = spread<8>(kCodesIq2Xxs, kValuesIq2);
constexpr Grid<512, 8> kGridIq2Xs = spread<8>(kCodesIq2Xs, kValuesIq2);
constexpr Grid<1024, 8> kGridIq2S = spread<8>(kCodesIq2S, kValuesIq2);
constexpr Grid<256, 4> kGridIq3Xxs = spread<4>(kCodesIq3Xxs, kValuesIq3Xxs);
constexpr Grid<512, 4> kGridIq3S = spread<4>(kCodesIq3S, kValuesIq3S);
constexpr Grid<2048, 8> kGridIq1 = spread<8>(kCodesIq1, kEightTimesValuesIq1);

}  // namespace aerotool::ggml::kernels

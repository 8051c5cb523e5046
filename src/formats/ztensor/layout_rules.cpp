#include "formats/ztensor/layout_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "formats/ztensor/ggml_layouts.hpp"
#include "formats/ztensor/layouts.hpp"

namespace aerotool::ztensor {
namespace {

struct Row {
  std::string_view layout;
  std::optional<Breach> (*judge)(const JudgedObject&);
};

constexpr std::array<Row, 3> kLayouts1 = {{{kDense, dense_breach}, {kCsr1, csr_breach}, {kCoo1, coo_breach}}};
constexpr std::array<Row, 5> kLayouts2 = {{{kDense, dense_breach},
                                           {kCsr2, csr_breach},
                                           {kCoo2, coo_breach},
                                           {"zt.quant_group/1", quant_group_breach},
                                           {"zt.mx/1", mx_breach}}};

}  // namespace

std::optional<Breach> layout_breach(const ObjectEntry& object, std::span<PartFacts> facts, Version version) {
  if (!element_count(object.shape))
    return Breach{Rule::shape, "the number of elements of " + to_string(object.shape) + " exceeds 2^64"};
  const JudgedObject judged(object, facts, version);
  const bool is_2 = version == Version::v2;
  const std::span<const Row> rows = is_2 ? std::span<const Row>(kLayouts2) : std::span<const Row>(kLayouts1);
  const auto row = std::ranges::find(rows, object.layout, &Row::layout);
  if (row != rows.end()) return row->judge(judged);
  if (is_2 && is_layout_of_blocks(object.layout)) return ggml_breach(judged);
  return std::nullopt;
}

}  // namespace aerotool::ztensor

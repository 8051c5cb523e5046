#include <algorithm>
#include <array>

#include "core/checked.hpp"
#include "formats/ztensor/layouts.hpp"

namespace aerotool::ztensor {
namespace {

std::optional<Breach> require_e8m0(const JudgedObject& object) {
  const PartFacts& scales = object.facts("scales");
  if (scales.type != nullptr && scales.type->name == "f8_e8m0") return std::nullopt;
  return broken_layout("'scales' has to be of f8_e8m0");
}

bool is_known_form(std::string_view form) {
  return form == "none" || form == "implied" || form == "tensor";
}

/// The storage words of quantized groups.
struct Word {
  std::string_view name;
  DTypeCode code;
  DTypeCode with_sign;
};
constexpr std::array<Word, 4> kWords = {{{"u8", DTypeCode::u8, DTypeCode::i8},
                                         {"u16", DTypeCode::u16, DTypeCode::i16},
                                         {"u32", DTypeCode::u32, DTypeCode::i32},
                                         {"u64", DTypeCode::u64, DTypeCode::i64}}};

/// How codes lie in words.
struct Packing {
  std::uint64_t per_word = 1;
  std::uint64_t word_bytes = 1;

  std::optional<std::uint64_t> size_of(std::uint64_t codes) const {
    return checked_mul(codes / per_word, word_bytes);
  }
};

std::optional<Breach> read_packing(const JudgedObject& object, Packing& packing) {
  constexpr std::array<std::uint64_t, 6> kBits = {2, 3, 4, 5, 6, 8};
  const std::uint64_t bits = object.number("bits").value_or(0);
  if (std::ranges::find(kBits, bits) == kBits.end())
    return broken_layout("the attribute bits has to be 2, 3, 4, 5, 6 or 8");
  const Value* const map = object.attribute("packing");
  const auto* const word = std::ranges::find(kWords, JudgedObject::word(map, "word"), &Word::name);
  const DTypeCode stored = object.facts(kData).stored;
  if (word == kWords.end() || (stored != word->code && stored != word->with_sign))
    return broken_layout("the attribute packing names a word that 'data' is not of");
  const std::string_view order = JudgedObject::word(map, "order");
  if (order != "lsb_first" && order != "msb_first")
    return broken_layout("the attribute packing has no order that is known");
  packing.word_bytes = DType(word->code).bits() / 8;
  packing.per_word = 8 * packing.word_bytes / bits;
  const Value* const said = map->find("per_word");
  const bool fits = 8 * packing.word_bytes % bits == 0;
  if (!fits || said == nullptr || !said->is_unsigned() || said->bits != packing.per_word) {
    return broken_layout("the attribute packing does not fit codes of " + std::to_string(bits) +
                         " bits in words of " + std::to_string(8 * packing.word_bytes));
  }
  return std::nullopt;
}

std::optional<Breach> scales_breach(const JudgedObject& object, std::uint64_t groups) {
  const PartFacts& scales = object.facts("scales");
  const std::string_view form = object.word("scale_form");
  if (form != "f32_factors" && form != "f16_factors" && form != "e8m0_exponent")
    return broken_layout("the attribute scale_form is not known");
  if (form == "e8m0_exponent") {
    if (auto breach = require_e8m0(object)) return breach;
  }
  return object.require_size("scales", size_of(scales.type, scales.stored, groups));
}

std::optional<Breach> zeros_breach(const JudgedObject& object, std::uint64_t groups, const Packing& packing) {
  const PartFacts& zeros = object.facts("zeros");
  const std::string_view how = JudgedObject::word(object.attribute("zero_point"), "packing");
  if (how == "plain") return object.require_size("zeros", size_of(zeros.type, zeros.stored, groups));
  if (how != "same_as_data") return broken_layout("the attribute zero_point has no packing that is known");
  if (groups % packing.per_word != 0) return broken_layout("the zero points fill no whole number of words");
  return object.require_size("zeros", packing.size_of(groups));
}

}  // namespace

std::optional<Breach> ggml_breach(const JudgedObject& object) {
  if (auto breach = object.require_parts({kData})) return breach;
  const PartFacts& data = object.facts(kData);
  if (data.stored != DTypeCode::u8 || data.type != nullptr || data.has_unknown_type)
    return broken_layout("'data' has to be u8 without a type");
  const std::uint64_t elements = object.number("elems_per_block").value_or(0);
  const std::uint64_t bytes = object.number("block_bytes").value_or(0);
  if (elements == 0 || bytes == 0)
    return broken_layout("the attributes elems_per_block and block_bytes have to be positive integers");
  if (object.elements() % elements != 0) {
    return broken_layout(std::to_string(object.elements()) + " elements are no whole number of blocks of " +
                         std::to_string(elements));
  }
  return object.require_size(kData, checked_mul(object.elements() / elements, bytes));
}

std::optional<Breach> mx_breach(const JudgedObject& object) {
  if (auto breach = object.require_parts({kData, "scales"})) return breach;
  if (auto breach = require_e8m0(object)) return breach;
  if (object.word("scale_form") != "e8m0_exponent")
    return broken_layout("the attribute scale_form has to be e8m0_exponent");
  constexpr std::array<std::string_view, 3> kTypes = {"f4_e2m1", "f8_e4m3fn", "f8_e5m2"};
  const PartFacts& data = object.facts(kData);
  const bool has_blocks = data.type != nullptr ? std::ranges::find(kTypes, data.type->name) != kTypes.end()
                                               : data.stored == DTypeCode::i8 || data.has_unknown_type;
  if (!has_blocks) return broken_layout("'data' is of a type that has no blocks");
  const std::uint64_t rank = object.shape().size();
  if (rank == 0) return broken_layout("the layout is not for scalars");
  const std::uint64_t axis = object.has_attribute("axis") ? object.number("axis").value_or(rank)
                                                          : std::max<std::uint64_t>(rank, 1) - 1;
  if (axis >= rank) return broken_layout("the attribute axis is no dimension of the shape");
  const std::uint64_t block = object.number("block_size").value_or(0);
  if (block < 2 || object.shape()[axis] % block != 0) {
    return broken_layout("the attribute block_size has to be at least 2 and to divide dimension " +
                         std::to_string(axis));
  }
  if (auto breach = object.require_size("scales", object.elements() / block)) return breach;
  return object.require_size(kData, size_of(data.type, data.stored, object.elements()));
}

std::optional<Breach> quant_group_breach(const JudgedObject& object) {
  const std::string_view form = JudgedObject::word(object.attribute("zero_point"), "form");
  if (!is_known_form(form)) return broken_layout("the attribute zero_point has no form that is known");
  const bool has_zeros = form == "tensor";
  if (auto breach = has_zeros ? object.require_parts({kData, "scales", "zeros"})
                              : object.require_parts({kData, "scales"}))
    return breach;
  Packing packing;
  if (auto breach = read_packing(object, packing)) return breach;
  const auto axis = object.number("axis");
  if (!axis || *axis >= object.shape().size())
    return broken_layout("the attribute axis is no dimension of the shape");
  const auto group_size = object.number("group_size");
  const std::uint64_t along = object.shape()[*axis];
  if (!group_size || (*group_size != 0 && along % *group_size != 0))
    return broken_layout("the attribute group_size does not divide dimension " + std::to_string(*axis));
  if (object.elements() % packing.per_word != 0)
    return broken_layout("the codes fill no whole number of words");
  if (auto breach = object.require_size(kData, packing.size_of(object.elements()))) return breach;
  // What the format's text says of one scale a row, and of one a code, contradict each other.
  if (*group_size == 0) return std::nullopt;
  const std::uint64_t groups = object.elements() / *group_size;
  if (auto breach = scales_breach(object, groups)) return breach;
  return has_zeros ? zeros_breach(object, groups, packing) : std::nullopt;
}

}  // namespace aerotool::ztensor

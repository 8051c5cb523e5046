#include "formats/npy/types.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "core/text.hpp"
#include "formats/npy/parse.hpp"
#include "model/opaque_dtype.hpp"

namespace aerotool::npy {
namespace {

struct Row {
  std::string_view type;
  std::string_view name;
  std::uint32_t width;
  std::uint32_t parts = 1;  // numbers that an element is of
};

constexpr std::array<Row, 17> kRows = {{{"f2", "F16", 2},
                                        {"f4", "F32", 4},
                                        {"f8", "F64", 8},
                                        {"i1", "I8", 1},
                                        {"i2", "I16", 2},
                                        {"i4", "I32", 4},
                                        {"i8", "I64", 8},
                                        {"u1", "U8", 1},
                                        {"u2", "U16", 2},
                                        {"u4", "U32", 4},
                                        {"u8", "U64", 8},
                                        {"b1", "BOOL", 1},
                                        {"?", "BOOL", 1},
                                        {"c8", "C64", 8, 2},
                                        {"c16", "C128", 16, 2},
                                        {"V2", "BF16", 2},
                                        {"f1", "F8_E5M2", 1}}};

[[noreturn]] void refuse(std::string_view descr) {
  const std::string named = "has elements of the type '" + escape_controls(shortened(descr)) + "'";
  const std::string_view type = descr.substr(std::min(descr.find_first_not_of("<>=|"), descr.size()));
  std::string_view what = ", which is not known";
  if (type.starts_with('O')) what = ": Python objects, which are a pickle and not read";
  if (type.starts_with('U') || type.starts_with('S') || type.starts_with('a'))
    what = ": text, which is not read";
  if (type.starts_with('M') || type.starts_with('m')) what = ": times, which are not read";
  if (type == "f16" || type == "c32" || type == "f12" || type == "c24" || type == "g" || type == "G")
    what = ": floats of the x87, which are not read";
  throw HeadProblem(named + std::string(what), Code::unsupported);
}

}  // namespace

DType Types::verbatim(std::uint32_t width) {
  const auto known = std::ranges::find(packed_, width, &PackedType::block_bytes);
  if (known != packed_.end()) return DType(*known);
  return DType(packed_.emplace_back(opaque_type(std::string(kCodec), "V" + std::to_string(width), width)));
}

ArrayType Types::of(std::string_view descr) {
  constexpr std::size_t kMostDigits = 5;
  const bool has_order = !descr.empty() && std::string_view("<>=|").find(descr[0]) != std::string_view::npos;
  const std::string_view type = descr.substr(has_order ? 1 : 0);
  const auto row = std::ranges::find(kRows, type, &Row::type);
  if (row != kRows.end()) {
    // What is no number to NumPy has no order of bytes.
    const bool is_swapped = descr.starts_with('>') && !type.starts_with('V');
    return {*dtype_named(row->name), row->width, is_swapped ? row->width / row->parts : 1};
  }
  if (!type.starts_with('V') || type.size() < 2 || type.size() > 1 + kMostDigits || type[1] == '0')
    refuse(descr);
  std::uint32_t width = 0;
  for (const char digit : type.substr(1)) {
    if (digit < '0' || digit > '9') refuse(descr);
    width = width * 10 + static_cast<std::uint32_t>(digit - '0');
  }
  return {verbatim(width), width, 1};
}

}  // namespace aerotool::npy

#include "formats/npy/npy.hpp"

#include <array>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"

namespace aerotool::npy {

std::optional<std::string_view> type_of(const DType& dtype) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kTypes = {{{"F16", "<f2"},
                                                                                     {"F32", "<f4"},
                                                                                     {"F64", "<f8"},
                                                                                     {"I8", "|i1"},
                                                                                     {"U8", "|u1"},
                                                                                     {"I16", "<i2"},
                                                                                     {"U16", "<u2"},
                                                                                     {"I32", "<i4"},
                                                                                     {"U32", "<u4"},
                                                                                     {"I64", "<i8"},
                                                                                     {"U64", "<u8"},
                                                                                     {"BOOL", "|b1"},
                                                                                     {"C64", "<c8"},
                                                                                     {"C128", "<c16"}}};
  for (const auto& [name, type] : kTypes) {
    if (dtype.name() == name) return type;
  }
  return std::nullopt;
}

std::string_view required_type(const std::string& path, const Tensor& tensor) {
  if (const auto type = type_of(tensor.dtype)) return *type;
  throw UnsupportedError(
      {path, {}, tensor.name},
      "NumPy has no type for " + escape_controls(tensor.dtype.name()) + ": extract it with --format raw");
}

std::string header(std::string_view type, const Shape& shape) {
  std::string dictionary = "{'descr': '" + std::string(type) + "', 'fortran_order': False, 'shape': (";
  for (std::size_t i = 0; i < shape.size(); ++i)
    dictionary += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  dictionary += shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t kPrefix = 10;  // magic, version, u16 length
  constexpr std::size_t kAlign = 64;
  const std::size_t unpadded = kPrefix + dictionary.size() + 1;
  dictionary.append((kAlign - unpadded % kAlign) % kAlign, ' ');
  dictionary += '\n';
  std::string head("\x93NUMPY\x01\x00", 8);
  head += static_cast<char>(dictionary.size() & 0xff);
  head += static_cast<char>(dictionary.size() >> 8);
  return head + dictionary;
}

}  // namespace aerotool::npy

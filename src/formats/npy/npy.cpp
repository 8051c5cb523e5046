#include "formats/npy/npy.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/npy/types.hpp"

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

std::optional<WrittenType> written_type(const DType& dtype) {
  if (const auto type = type_of(dtype)) return WrittenType{std::string(*type)};
  if (dtype.code() == DTypeCode::bf16)
    return WrittenType{"<V2", "which NumPy loads as bytes: .view(ml_dtypes.bfloat16) makes numbers of them"};
  if (dtype.name() == "F8_E5M2") return WrittenType{"<f1", "as ml_dtypes does, which NumPy does not load"};
  if (dtype.is_packed() && dtype.packed().codec == kCodec && dtype.packed().block_elements == 1)
    return WrittenType{"|V" + std::to_string(dtype.packed().block_bytes)};
  return std::nullopt;
}

WrittenType required_written_type(const std::string& path, const Tensor& tensor) {
  if (auto type = written_type(tensor.dtype)) return std::move(*type);
  throw UnsupportedError(
      {path, {}, tensor.name},
      "NumPy has no type for " + escape_controls(tensor.dtype.name()) + ": extract it with --format raw");
}

std::vector<std::string> notes_on_types(std::span<const Tensor* const> tensors) {
  struct Noted {
    WrittenType type;
    const Tensor* first = nullptr;
    std::uint64_t count = 0;
  };
  std::vector<Noted> all;
  for (const Tensor* tensor : tensors) {
    if (tensor->dtype.code() != DTypeCode::bf16 && !tensor->dtype.is_packed()) continue;
    auto type = written_type(tensor->dtype);
    if (!type || type->note.empty()) continue;
    auto known = std::ranges::find(all, type->descr, [](const Noted& noted) { return noted.type.descr; });
    if (known == all.end()) known = all.insert(known, {std::move(*type), tensor, 0});
    ++known->count;
  }
  std::vector<std::string> lines;
  for (const Noted& noted : all) {
    const std::string who = noted.count == 1 ? "'" + escape_controls(shortened(noted.first->name)) + "' is "
                                             : plural(noted.count, "tensor") + " are ";
    lines.push_back(who + std::string(noted.first->dtype.name()) + ", written as '" + noted.type.descr +
                    "', " + std::string(noted.type.note));
  }
  return lines;
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

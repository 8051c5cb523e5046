#include "formats/torch/written_pickle.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

#include "core/text.hpp"
#include "formats/torch/types.hpp"

namespace aerotool::torch {
namespace {

using namespace std::string_view_literals;

// Opcodes of protocol 2 (src/encoding/pickle/FORMAT.md).
constexpr std::string_view kBegin = "\x80\x02"sv;
constexpr char kStop = '.';
constexpr char kMark = '(';
constexpr char kNothing = 'N';
constexpr char kTrue = '\x88';
constexpr char kFalse = '\x89';
constexpr char kByte = 'K', kTwoBytes = 'M', kFourBytes = 'J', kLong = '\x8a';
constexpr char kFloat = 'G';
constexpr char kText = 'X';
constexpr char kEmptyList = ']', kAppends = 'e';
constexpr char kEmptyDict = '}', kSetItem = 's', kSetItems = 'u';
constexpr char kEmptyTuple = ')', kTuple = 't';
constexpr char kTuple1 = '\x85';
constexpr char kReduce = 'R', kBuild = 'b';
constexpr char kPersistentId = 'Q';

// collections.OrderedDict(), which a dict of weights is, and what hooks are without any.
constexpr std::string_view kOrderedDict = "ccollections\nOrderedDict\n)R"sv;

/// Deeper values nobody has.
constexpr unsigned kMaxDepth = 32;

void append_bytes(std::uint64_t number, unsigned bytes, std::string& text) {
  for (unsigned i = 0; i < bytes; ++i) text += static_cast<char>(number >> (8 * i) & 0xff);
}

/// As Python writes one: in the shortest way.
void append_integer(std::uint64_t bits, bool is_negative, std::string& text) {
  constexpr std::uint64_t kMostOfFour = std::numeric_limits<std::int32_t>::max();
  if (!is_negative && bits <= 0xff) {
    text += kByte;
    append_bytes(bits, 1, text);
  } else if (!is_negative && bits <= 0xffff) {
    text += kTwoBytes;
    append_bytes(bits, 2, text);
  } else if (is_negative ? ~bits <= kMostOfFour : bits <= kMostOfFour) {
    text += kFourBytes;
    append_bytes(bits, 4, text);
  } else {
    // In two's complement, without bytes that only repeat the sign.
    const std::uint64_t size = is_negative ? ~bits : bits;
    const unsigned bytes = static_cast<unsigned>(std::bit_width(size)) / 8 + 1;
    text += kLong;
    append_bytes(bytes, 1, text);
    append_bytes(bits, std::min(bytes, 8U), text);
    if (bytes > 8) text += '\0';
  }
}

void append_unsigned(std::uint64_t number, std::string& text) {
  append_integer(number, false, text);
}

void append_float(double value, std::string& text) {
  text += kFloat;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) text += static_cast<char>(bits >> shift & 0xff);
}

/// Its length is below 2^32.
void append_text(std::string_view value, std::string& text) {
  text += kText;
  append_bytes(value.size(), 4, text);
  text += value;
}

bool fits_text(std::size_t size) {
  return size <= std::numeric_limits<std::uint32_t>::max();
}

void append_global(std::string_view module, std::string_view name, std::string& text) {
  ((((text += 'c') += module) += '\n') += name) += '\n';
}

// ---- tensors

void append_tuple(std::span<const std::uint64_t> numbers, std::string& text) {
  constexpr std::size_t kMostWithoutMark = 3;
  if (numbers.empty()) {
    text += kEmptyTuple;
    return;
  }
  if (numbers.size() > kMostWithoutMark) text += kMark;
  for (const std::uint64_t number : numbers) append_unsigned(number, text);
  text += numbers.size() > kMostWithoutMark
              ? kTuple
              : static_cast<char>(kTuple1 + static_cast<int>(numbers.size()) - 1);
}

/// The shape as torch counts elements, of which some hold two values.
Shape shape_of(const Tensor& tensor, const ElementType& type) {
  Shape shape = tensor.shape;
  if (type.values != 1) shape.back() /= type.values;
  return shape;
}

Shape strides_of(const Shape& shape) {
  Shape strides(shape.size());
  std::uint64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::uint64_t>(shape[i], 1);
  }
  return strides;
}

/// ('storage', CLASS, KEY, 'cpu', NUMBER) as a persistent id.
void append_storage(const Tensor& tensor, const ElementType& type, std::size_t number, std::string& text) {
  text += kMark;
  append_text("storage", text);
  if (type.storage.empty()) {
    append_global("torch.storage", "UntypedStorage", text);
  } else {
    append_global("torch", std::string(type.storage) + "Storage", text);
  }
  append_text(std::to_string(number), text);
  append_text("cpu", text);
  append_unsigned(type.storage.empty() ? tensor.size : tensor.size / type.bytes, text);
  text += kTuple;
  text += kPersistentId;
}

/// The name, and the call that makes the tensor.
void append_tensor(const Tensor& tensor, std::size_t number, std::string& text) {
  const ElementType& type = *element_type_of(tensor.dtype);
  const bool is_untyped = type.storage.empty();
  const Shape shape = shape_of(tensor, type);
  append_text(tensor.name, text);
  append_global("torch._utils", is_untyped ? "_rebuild_tensor_v3" : "_rebuild_tensor_v2", text);
  text += kMark;
  append_storage(tensor, type, number, text);
  append_unsigned(0, text);
  append_tuple(shape, text);
  append_tuple(strides_of(shape), text);
  text += kFalse;
  text += kOrderedDict;
  if (is_untyped) append_global("torch", type.name, text);
  text += kTuple;
  text += kReduce;
}

// ---- values

bool append_value(const Value& value, unsigned depth, std::string& text);

/// Bytes as protocol 2 has them: text of the code points up to 255, which is encoded again.
bool append_binary(std::string_view bytes, std::string& text) {
  std::string latin1;
  for (const char c : bytes) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (octet < 0x80) {
      latin1 += c;
    } else {
      latin1 += static_cast<char>(0xc0 | octet >> 6);
      latin1 += static_cast<char>(0x80 | (octet & 0x3f));
    }
  }
  if (!fits_text(latin1.size())) return false;
  append_global("_codecs", "encode", text);
  text += kMark;
  append_text(latin1, text);
  append_text("latin1", text);
  text += kTuple;
  text += kReduce;
  return true;
}

/// JSON's numbers are integers, where they are whole.
bool append_number(std::string_view digits, std::string& text) {
  std::uint64_t number = 0;
  const auto end = digits.data() + digits.size();
  const auto [behind, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || behind != end || std::to_string(number) != digits) return false;
  append_unsigned(number, text);
  return true;
}

bool append_list(const Array& array, unsigned depth, std::string& text) {
  text += kEmptyList;
  if (array.count == 0) return true;
  bool is_whole = true;
  text += kMark;
  for_each_element(array, [&](const Value& item) {
    is_whole = append_value(item, depth, text);
    return is_whole;
  });
  text += kAppends;
  return is_whole;
}

bool append_dict(const MapItems& items, unsigned depth, std::string& text) {
  text += kEmptyDict;
  if (items.empty()) return true;
  text += kMark;
  for (const auto& [key, value] : items) {
    // Other keys would come back as text.
    if (key.type != ValueType::string) return false;
    if (!append_value(key, depth, text) || !append_value(value, depth, text)) return false;
  }
  text += kSetItems;
  return true;
}

bool append_value(const Value& value, unsigned depth, std::string& text) {
  if (depth == kMaxDepth) return false;
  if (value.is_integer()) {
    append_integer(value.bits, !value.is_unsigned(), text);
    return true;
  }
  switch (value.type) {
    case ValueType::null:
      text += kNothing;
      return true;
    case ValueType::boolean:
      text += value.bits != 0 ? kTrue : kFalse;
      return true;
    case ValueType::f32:
    case ValueType::f64:
      append_float(value.as_double(), text);
      return true;
    case ValueType::string:
      if (!is_utf8(value.text()) || !fits_text(value.text().size())) return false;
      append_text(value.text(), text);
      return true;
    case ValueType::binary:
      return append_binary(value.text(), text);
    case ValueType::number:
      return append_number(value.text(), text);
    case ValueType::array:
      return append_list(value.array(), depth + 1, text);
    case ValueType::map:
      return append_dict(value.map(), depth + 1, text);
    default:
      return false;
  }
}

}  // namespace

bool append_value(const Value& value, std::string& text) {
  return append_value(value, 0, text);
}

void put_pickle(std::span<const PlannedTensor> tensors, const Metadata& metadata,
                const std::function<void(ByteSpan)>& put) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 16;
  std::string text(kBegin);
  const auto flush_from = [&](std::size_t size) {
    if (text.size() < size) return;
    put(bytes_of(text));
    text.clear();
  };
  text += kOrderedDict;
  if (!tensors.empty()) {
    text += kMark;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      append_tensor(tensors[i].tensor(), i, text);
      flush_from(kAtOnce);
    }
    text += kSetItems;
  }
  if (!metadata.entries.empty()) {
    // An attribute of the dict, which nobody takes for a tensor.
    text += kEmptyDict;
    append_text(kMetadataAttribute, text);
    text += kEmptyDict;
    text += kMark;
    for (const auto& [key, value] : metadata.entries) {
      append_text(key, text);
      static_cast<void>(append_value(value, 0, text));
      flush_from(kAtOnce);
    }
    text += kSetItems;
    text += kSetItem;
    text += kBuild;
  }
  text += kStop;
  flush_from(0);
}

}  // namespace aerotool::torch

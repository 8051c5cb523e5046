#include "encoding/cbor/reader.hpp"

#include <algorithm>
#include <bit>

#include "core/text.hpp"
#include "encoding/cbor/half.hpp"
#include "encoding/cbor/head.hpp"

namespace aerotool::cbor {
namespace {

constexpr std::uint8_t kBreak = 0xff;

/// The bits of a float in single or double precision, and whether it is the latter.
Value value_of_float(std::uint8_t info, std::uint64_t bits) {
  if (info == kDouble) return Value::of(ValueType::f64, bits);
  if (info == kSingle) return Value::of(ValueType::f32, bits);
  return Value::of(ValueType::f32, single_of_half(static_cast<std::uint16_t>(bits)));
}

Value negative(std::uint64_t argument) {
  if (argument <= std::uint64_t{INT64_MAX}) return Value::of(ValueType::i64, ~argument);
  if (argument == UINT64_MAX) return Value::number("-18446744073709551616");
  return Value::number("-" + std::to_string(argument + 1));
}

}  // namespace

std::string_view name_of(Type type) {
  switch (type) {
    case Type::unsigned_integer:
      return "an unsigned integer";
    case Type::negative_integer:
      return "a negative integer";
    case Type::bytes:
      return "bytes";
    case Type::text:
      return "text";
    case Type::array:
      return "an array";
    case Type::map:
      return "a map";
    case Type::boolean:
      return "a boolean";
    case Type::null:
      return "null";
    case Type::undefined:
      return "undefined";
    case Type::floating:
      return "a float";
  }
  return "";
}

void Reader::fail(Rule rule, const std::string& message) const {
  throw Problem(rule, item_, message);
}

std::uint8_t Reader::next_byte() {
  if (at_ == bytes_.size()) throw Problem(Rule::syntax, at_, "the CBOR item ends too soon");
  return std::to_integer<std::uint8_t>(bytes_[at_++]);
}

Reader::Head Reader::head() {
  Head head;
  do {
    item_ = at_;
    const std::size_t most = deterministic() ? kMaxDepth : kMaxLaxDepth;
    if (open_.size() > most) fail(Rule::depth, "nested deeper than " + std::to_string(most) + " levels");
    head = head_of(next_byte());
  } while (head.major == kTag);
  return head;
}

Reader::Head Reader::head_of(std::uint8_t first) {
  Head head{.major = static_cast<std::uint8_t>(first >> 5), .info = static_cast<std::uint8_t>(first & 0x1fU)};
  if (head.info <= kMaxInfo) {
    head.argument = head.info;
  } else if (head.info <= kDouble) {
    for (unsigned left = 1U << (head.info - kOneByte); left > 0; --left)
      head.argument = head.argument << 8 | next_byte();
  } else if (head.info == kIndefinite && head.major >= kByteString && head.major <= kMap &&
             !deterministic()) {
    head.indefinite = true;
  } else {
    if (first == kBreak) fail(Rule::syntax, "a break where an item is expected");
    fail(Rule::syntax,
         head.info == kIndefinite ? "an item of indefinite length" : "an item with a reserved head");
  }
  if (head.major == kTag && deterministic()) fail(Rule::syntax, "a tag");
  if (head.major == kSimple) {
    if (head.info == kOneByte && head.argument < 32) fail(Rule::syntax, "a simple value in two bytes");
    if (!deterministic()) return head;
    if (head.info < kFalse || (head.info > kNull && head.info <= kOneByte))
      fail(Rule::syntax, "undefined, or a simple value that is not assigned");
    if (head.info >= kHalf) require_shortest_float(head);
  } else if (deterministic() && head.info > kMaxInfo) {
    const std::uint64_t largest_shorter =
        head.info == kOneByte ? kMaxInfo : (std::uint64_t{1} << (4U << (head.info - kOneByte))) - 1;
    if (head.argument <= largest_shorter)
      fail(Rule::determinism, "an integer or length that fits in fewer bytes");
  }
  return head;
}

void Reader::require_shortest_float(const Head& head) const {
  if (head.info == kHalf) {
    const bool is_nan = (head.argument & 0x7fffU) > 0x7c00U;
    if (is_nan && head.argument != kCanonicalNan) fail(Rule::determinism, "a NaN other than f97e00");
    return;
  }
  const bool fits = head.info == kDouble
                        ? single_of_double(head.argument).has_value()
                        : half_of_single(static_cast<std::uint32_t>(head.argument)).has_value();
  const bool is_nan = head.info == kDouble ? (head.argument << 1) > (std::uint64_t{0x7ff} << 53)
                                           : (head.argument & 0x7fffffffU) > 0x7f800000U;
  if (is_nan) fail(Rule::determinism, "a NaN other than f97e00");
  if (fits) fail(Rule::determinism, "a float that fits in fewer bytes");
}

Type Reader::type_of(const Head& head) const {
  switch (head.major) {
    case kUnsigned:
      return Type::unsigned_integer;
    case kNegative:
      return Type::negative_integer;
    case kByteString:
      return Type::bytes;
    case kTextString:
      return Type::text;
    case kArray:
      return Type::array;
    case kMap:
      return Type::map;
    default:
      if (head.info == kFalse || head.info == kTrue) return Type::boolean;
      if (head.info == kNull) return Type::null;
      return head.info >= kHalf ? Type::floating : Type::undefined;
  }
}

Type Reader::type() {
  const std::size_t before = at_;
  const Type type = type_of(head());
  at_ = before;
  return type;
}

Reader::Head Reader::expect(Type type) {
  const Head found = head();
  if (type_of(found) != type) {
    fail(Rule::type,
         std::string(name_of(type_of(found))) + " where " + std::string(name_of(type)) + " is expected");
  }
  return found;
}

std::uint64_t Reader::unsigned_integer() {
  return expect(Type::unsigned_integer).argument;
}

bool Reader::boolean() {
  return expect(Type::boolean).info == kTrue;
}

std::string_view Reader::text() {
  return chars_of(run(expect(Type::text)));
}

ByteSpan Reader::byte_string() {
  return run(expect(Type::bytes));
}

ByteSpan Reader::run(const Head& head) {
  if (head.indefinite) return joined(head.major);
  if (head.argument > bytes_.size() - at_)
    fail(Rule::syntax,
         "a string of " + std::to_string(head.argument) + " bytes does not fit in the bytes left");
  const ByteSpan taken = bytes_.subspan(at_, static_cast<std::size_t>(head.argument));
  at_ += taken.size();
  if (deterministic() && head.major == kTextString && !is_utf8(chars_of(taken)))
    fail(Rule::syntax, "text that is not UTF-8");
  return taken;
}

ByteSpan Reader::joined(std::uint8_t major) {
  std::string& whole = joined_.emplace_back();
  for (;;) {
    item_ = at_;
    const std::uint8_t first = next_byte();
    if (first == kBreak) return bytes_of(whole);
    const Head piece = head_of(first);
    if (piece.major != major || piece.indefinite)
      fail(Rule::syntax, "a string of indefinite length whose pieces are other items");
    whole += chars_of(run(piece));
  }
}

std::optional<std::uint64_t> Reader::begin(const Head& head) {
  const bool is_map = head.major == kMap;
  const std::uint64_t most = (bytes_.size() - at_) / (is_map ? 2 : 1);
  if (head.argument > most) {
    fail(Rule::syntax,
         "a collection of " + std::to_string(head.argument) + " elements does not fit in the bytes left");
  }
  open_.push_back({.is_map = is_map, .indefinite = head.indefinite, .left = head.argument});
  if (head.indefinite) return std::nullopt;
  return head.argument;
}

std::optional<std::uint64_t> Reader::begin_array() {
  return begin(expect(Type::array));
}

std::optional<std::uint64_t> Reader::begin_map() {
  return begin(expect(Type::map));
}

bool Reader::more() {
  Open& open = open_.back();
  bool another = open.left > 0;
  if (open.indefinite) {
    another = at_ == bytes_.size() || std::to_integer<std::uint8_t>(bytes_[at_]) != kBreak;
    if (!another) ++at_;
  } else if (another) {
    --open.left;
  }
  if (!another) open_.pop_back();
  return another;
}

std::optional<std::string_view> Reader::key() {
  const std::size_t begin = at_;
  const Head found = head();
  std::optional<std::string_view> text;
  if (found.major == kTextString) {
    text = chars_of(run(found));
  } else {
    read(found, nullptr);
  }
  check_key(begin);
  return text;
}

void Reader::check_key(std::uint64_t begin) {
  if (!deterministic()) return;
  Open& open = open_.back();
  const ByteSpan now = bytes_.subspan(begin, at_ - begin);
  if (open.key_end != 0) {
    const ByteSpan before = bytes_.subspan(open.key_begin, open.key_end - open.key_begin);
    item_ = begin;
    if (std::ranges::equal(before, now)) fail(Rule::duplicate_key, "a key is duplicated");
    if (!std::ranges::lexicographical_compare(before, now))
      fail(Rule::determinism, "the keys of a map are not in the order of their encoded bytes");
  }
  open.key_begin = begin;
  open.key_end = at_;
}

void Reader::skip() {
  read(head(), nullptr);
}

void Reader::value(ValueBuilder& builder) {
  read(head(), &builder);
}

void Reader::read(const Head& head, ValueBuilder* builder) {
  const Type type = type_of(head);
  if (type == Type::array || type == Type::map) {
    const bool is_map = type == Type::map;
    begin(head);
    if (builder != nullptr) is_map ? builder->begin_map() : builder->begin_array();
    while (more()) {
      if (is_map) {
        const std::size_t begin = at_;
        read(this->head(), builder);
        check_key(begin);
      }
      read(this->head(), builder);
    }
    if (builder != nullptr) is_map ? builder->end_map() : builder->end_array();
  } else if (type == Type::text || type == Type::bytes) {
    const ByteSpan found = run(head);
    if (builder != nullptr)
      builder->text(type == Type::text ? ValueType::string : ValueType::binary, chars_of(found));
    if (head.indefinite) joined_.pop_back();
  } else if (builder != nullptr) {
    read_scalar(head, *builder);
  }
  if (builder != nullptr && builder->is_over())
    fail(Rule::memory, "a value takes more than " + human_size(builder->most()) + " of memory");
}

void Reader::read_scalar(const Head& head, ValueBuilder& builder) const {
  switch (type_of(head)) {
    case Type::unsigned_integer:
      return builder.scalar(Value::u64(head.argument));
    case Type::negative_integer:
      return builder.scalar(negative(head.argument));
    case Type::boolean:
      return builder.scalar(Value::boolean(head.info == kTrue));
    case Type::floating:
      return builder.scalar(value_of_float(head.info, head.argument));
    default:
      return builder.scalar({});
  }
}

void Reader::finish() const {
  if (at_ != bytes_.size()) throw Problem(Rule::syntax, at_, "bytes follow the CBOR item");
}

}  // namespace aerotool::cbor

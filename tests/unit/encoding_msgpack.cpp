#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "encoding/msgpack/pack.hpp"
#include "encoding/msgpack/parser.hpp"
#include "encoding/value_builder.hpp"
#include "formats/aero/read/source.hpp"
#include "formats/aero/write/source.hpp"

using namespace aerotool;
using namespace aerotool::aero;

namespace {

/// Builds the value that the bytes are, read `step` bytes at a time.
struct Builder : MsgpackEvents {
  ValueBuilder builder;
  bool add(Value value) {
    builder.scalar(std::move(value));
    return true;
  }
  bool on_null() { return add({}); }
  bool on_boolean(bool value) { return add(Value::boolean(value)); }
  bool on_unsigned(std::uint64_t value) { return add(Value::u64(value)); }
  bool on_negative(std::int64_t value) { return add(Value::i64(value)); }
  bool on_f32(std::uint32_t bits) { return add(Value::of(ValueType::f32, bits)); }
  bool on_f64(std::uint64_t bits) { return add(Value::of(ValueType::f64, bits)); }
  bool on_string(std::string_view text) { return add(Value::string(std::string(text))); }
  bool on_binary(ByteSpan bytes) { return add(Value::binary(Bytes::own(std::string(chars_of(bytes))))); }
  bool begin_array(std::uint32_t) {
    builder.begin_array();
    return true;
  }
  bool end_array() {
    builder.end_array();
    return true;
  }
  bool begin_map(std::uint32_t) {
    builder.begin_map();
    return true;
  }
  bool end_map() {
    builder.end_map();
    return true;
  }
};

Value parse(const std::string& bytes, std::size_t step = 1 << 20, std::string* rest = nullptr) {
  Builder handler;
  std::size_t at = 0;
  parse_msgpack(
      [&](std::span<std::byte> out) {
        const std::size_t count = std::min({step, out.size(), bytes.size() - at});
        std::copy_n(bytes_of(bytes).begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
        at += count;
        return count;
      },
      bytes.size(), handler,
      [&](ByteSpan after) {
        if (rest != nullptr) *rest += chars_of(after);
      });
  return handler.builder.take();
}

std::string pack(const Value& value) {
  PackBuffer out;
  pack_value(out, value);
  return out.bytes;
}

Value text(std::string text) {
  return Value::string(std::move(text));
}

}  // namespace

TEST_CASE("msgpack: values come back bit for bit, however the bytes arrive") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Value value = Value::map(
      {{text("floats"), Value::list({Value::f32(0.0F), Value::f64(-0.0), Value::f64(2.0), Value::f64(nan),
                                     Value::of(ValueType::f32, 0x7fa00001), Value::f32(1e-45F)})},
       {text("integers"), Value::list({Value::u64(~std::uint64_t{0}), Value::i64(-1),
                                       Value::i64(std::numeric_limits<std::int64_t>::min())})},
       {text("other"), Value::list({Value{}, Value::boolean(false), text(std::string(70000, 'x'))})}});
  const std::string bytes = pack(value);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, bytes.size()}) {
    const Value back = parse(bytes, step);
    CHECK(pack(back) == bytes);
    CHECK(*back.find("other") == *value.find("other"));
  }
}

TEST_CASE("msgpack: strings that are larger than a window come back whole, and what follows them") {
  std::string large(700'001, 'x');
  large.front() = '<';
  large.back() = '>';
  const std::string bytes = pack(
      Value::list({text("before"), text(large), text("between"), text(large + large), Value::u64(70000)}));
  for (const std::size_t step : {std::size_t{1000}, bytes.size()}) CHECK(pack(parse(bytes, step)) == bytes);
}

TEST_CASE("msgpack: integers are packed in the shortest form, text that is not UTF-8 as binary") {
  CHECK(pack(Value::u64(127)) == "\x7f");
  CHECK(pack(Value::u64(128)) == "\xcc\x80");
  CHECK(pack(Value::i64(-32)) == "\xe0");
  CHECK(pack(Value::of(ValueType::i16, static_cast<std::uint64_t>(-30000))) == "\xd1\x8a\xd0");
  CHECK(pack(text("a")) ==
        "\xa1"
        "a");
  CHECK(pack(text("\xff")) == "\xc4\x01\xff");
}

TEST_CASE("msgpack: truncation, nesting and counts beyond the bytes left are problems") {
  const std::string bytes = pack(Value::list({text("abc"), Value::map({{text("k"), Value::u64(70000)}})}));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK_THROWS_AS(parse(bytes.substr(0, size)), MsgpackProblem);
  CHECK_NOTHROW(parse(std::string(63, '\x91') + '\xc0'));
  CHECK_THROWS_AS(parse(std::string(65, '\x91') + '\xc0'), MsgpackProblem);
  CHECK_THROWS_AS(parse(std::string(100000, '\x91') + '\xc0'), MsgpackProblem);
  CHECK_THROWS_AS(parse("\xdd\xff\xff\xff\xff"), MsgpackProblem);
  CHECK_THROWS_AS(parse("\xdf\x7f\xff\xff\xff"), MsgpackProblem);
  CHECK_THROWS_AS(parse("\xdb\xff\xff\xff\xff"
                        "abc"),
                  MsgpackProblem);
  CHECK_THROWS_AS(parse("\xc1"), MsgpackProblem);
  std::string rest;
  parse(std::string("\x01\x02\x03", 3), 1, &rest);
  CHECK(rest == "\x02\x03");
}

TEST_CASE("source: metadata with every GGUF type survives the way through msgpack") {
  Source source;
  source.format = "gguf";
  source.version = 3;
  source.alignment = 128;
  source.typed_metadata = true;
  source.metadata.emplace();
  auto& entries = source.metadata->entries;
  const auto signed_bits = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  entries.emplace_back("u8", Value::of(ValueType::u8, 200));
  entries.emplace_back("i8", Value::of(ValueType::i8, signed_bits(-100)));
  entries.emplace_back("i32", Value::of(ValueType::i32, 7));
  entries.emplace_back("i64",
                       Value::of(ValueType::i64, signed_bits(std::numeric_limits<std::int64_t>::min())));
  entries.emplace_back("u64", Value::of(ValueType::u64, ~std::uint64_t{0}));
  entries.emplace_back("f32", Value::f32(-0.0F));
  entries.emplace_back("f64", Value::f64(3.0));
  entries.emplace_back("bool", Value::boolean(true));
  entries.emplace_back("raw \xff key", text("raw \xfe value"));
  Array bytes;
  bytes.element = ValueType::u8;
  bytes.count = 3;
  bytes.packed = Bytes::own(std::string("\x01\xff\x00", 3));
  entries.emplace_back("bytes", Value::array(bytes));
  Array shorts;
  shorts.element = ValueType::i16;
  shorts.count = 2;
  shorts.packed = Bytes::own(std::string("\xff\xff\x02\x00", 4));
  entries.emplace_back("shorts", Value::array(shorts));
  Array empty;
  empty.element = ValueType::string;
  entries.emplace_back("empty", Value::array(empty));
  Array nested;
  nested.element = ValueType::array;
  nested.count = 2;
  nested.items = {Value::array(bytes), Value::array(empty)};
  entries.emplace_back("nested", Value::array(nested));
  source.head = Bytes::own(std::string("head\0bytes", 10));
  source.gaps = {{17, Bytes::own(std::string("x"))}, {40, Bytes{}}};
  source.order = {2, 0, 1};
  SourceFile first;
  first.path = "a-00001-of-00002.gguf";
  first.metadata = Metadata{{{"u8", Value::of(ValueType::u8, 7)}}};
  first.order = {1, 0};
  SourceFile second;
  second.path = "a-00002-of-00002.gguf";
  second.order = {2};
  second.head = Bytes::own(std::string("second"));
  second.gaps = {{5, Bytes::own(std::string("y"))}};
  source.files = {first, second};
  source.index = Bytes::own(std::string("{}"));
  source.index_path = "variant.json";
  source.other = {{text("later"), Value::u64(1)}};

  std::string problem;
  const auto back = source_from_value(parse(pack_source(source)), problem);
  REQUIRE_MESSAGE(back, problem);
  CHECK(back->format == "gguf");
  CHECK(back->version == 3);
  CHECK(back->alignment == 128);
  CHECK(back->typed_metadata);
  REQUIRE(back->metadata);
  REQUIRE(back->metadata->entries.size() == entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CAPTURE(entries[i].first);
    CHECK(back->metadata->entries[i] == entries[i]);
  }
  CHECK(back->order == std::vector<std::uint64_t>{2, 0, 1});
  CHECK(back->head->text() == source.head->text());
  REQUIRE(back->gaps.size() == 2);
  CHECK(back->gaps[0].second.text() == "x");
  CHECK(back->gaps[1].first == 40);
  REQUIRE(back->files.size() == 2);
  CHECK(back->files[0].path == first.path);
  REQUIRE(back->files[0].metadata);
  CHECK(back->files[0].metadata->entries == first.metadata->entries);
  CHECK(back->files[0].order == first.order);
  CHECK_FALSE(back->files[0].head);
  CHECK_FALSE(back->files[1].metadata);
  CHECK(back->files[1].head->text() == "second");
  REQUIRE(back->files[1].gaps.size() == 1);
  CHECK(back->files[1].gaps[0].second.text() == "y");
  CHECK(back->index->text() == "{}");
  CHECK(back->index_path == "variant.json");
  CHECK(back->other == source.other);
}

TEST_CASE("source: text that is not UTF-8 is written as binary and read as text") {
  Source source;
  source.format = "f\xff";
  source.metadata = Metadata{{{"key \xff", text("value \xfe")}}};
  SourceFile file;
  file.path = "m\xff-00001-of-00001.gguf";
  source.files = {file};
  source.index_path = "i\xff.json";
  std::string problem;
  const auto back = source_from_value(parse(pack_source(source)), problem);
  REQUIRE_MESSAGE(back, problem);
  CHECK(back->format == source.format);
  REQUIRE(back->metadata);
  CHECK(back->metadata->entries == source.metadata->entries);
  REQUIRE(back->files.size() == 1);
  CHECK(back->files[0].path == file.path);
  CHECK(back->index_path == source.index_path);
}

TEST_CASE("source: values that do not fit their type are refused") {
  const auto problem_of = [](const Value& value) {
    std::string problem;
    const Value triple = Value::list({text("k"), Value::u64(0), value});
    CHECK_FALSE(source_from_value(Value::map({{text("metadata"), Value::list({triple})}}), problem));
    return problem;
  };
  CHECK(problem_of(Value::u64(256)) != "");
  CHECK(problem_of(Value::i64(-1)) != "");
  CHECK(problem_of(text("x")) != "");
}

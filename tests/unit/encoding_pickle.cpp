#include <doctest/doctest.h>

#include <set>
#include <sstream>

#include "encoding/pickle/opcodes.hpp"
#include "encoding/pickle/outline.hpp"
#include "encoding/pickle/python_names.hpp"
#include "pickle_fixture.hpp"

using namespace aerotool;
using namespace std::string_literals;
using test::le;
using test::unpickled;

namespace {

std::string made(const std::string& name, int protocol) {
  return test::read_file(AEROTOOL_TEST_DATA "/pickle/" + name + "-" + std::to_string(protocol) + ".pkl");
}

}  // namespace

TEST_CASE("pickle: the opcodes are those of Python's pickletools") {
  std::istringstream list(test::read_file(AEROTOOL_TEST_DATA "/pickle/opcodes.txt"));
  std::set<int> codes;
  for (std::string code, name; list >> code >> name;) {
    const int number = std::stoi(code, nullptr, 16);
    codes.insert(number);
    const pickle::OpcodeFacts* facts = pickle::facts_of(static_cast<std::uint8_t>(number));
    REQUIRE(facts != nullptr);
    CHECK(facts->name == name);
    CHECK(static_cast<int>(facts->opcode) == number);
  }
  CHECK(codes.size() == 68);
  for (int code = 0; code < 256; ++code) {
    if (codes.count(code) != 0) continue;
    CHECK(pickle::facts_of(static_cast<std::uint8_t>(code)) == nullptr);
    const std::string error = unpickled(std::string(1, static_cast<char>(code)));
    CHECK(error.find("is no opcode of a pickle") != std::string::npos);
  }
}

TEST_CASE("pickle: what Python wrote at every protocol") {
  const std::string value =
      "{'integers': [0, 255, 256, 65536, -1, 2147483647, -2147483648, 1099511627776, "
      "long 000000000000008000, long ffffffffffffff7fff], "
      "'rest': (None, True, False, 1.5, -0, inf, 1.0000000000000001e+300), "
      "'texts': ['', 'a\\n'\\\\\"', '\u00fc\u65e5\U0001f600', 'lone \\xed\\xa0\\x80', '" +
      std::string(300, 'x') +
      "'], 7: {(): [()], (1, 2): (1, 2, 3, 4)}, "
      "'again': [0, 255, 256, 65536, -1, 2147483647, -2147483648, 1099511627776, "
      "long 000000000000008000, long ffffffffffffff7fff], "
      "'ordered': collections.OrderedDict(){'x': 1, 'y': 2}}";
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const test::ReadPickle read(made("value", protocol));
    CHECK(read.text() == value);
    CHECK(read.oddities().empty());
    CHECK(read.globals() == "collections.OrderedDict called");
  }
}

TEST_CASE("pickle: bytes of every protocol are the same bytes") {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const test::ReadPickle read(made("bytes", protocol));
    REQUIRE(read.error().empty());
    const auto items = read.nodes().items(read.root());
    REQUIRE(items.size() == 4);
    const std::string expected[] = {"", "\x00\xff'"s, "\x01\xfe", ""};
    for (std::size_t i = 0; i < 4; ++i) CHECK(pickle::bytes_value(read.nodes(), items[i]) == expected[i]);
  }
  CHECK(unpickled(made("bytes", 5)) == "[b'', b'00ff27', bytearray '01fe', bytearray '']");
}

TEST_CASE("pickle: calls that are not quite bytes are none") {
  const auto value = [](const std::string& bytes) {
    const test::ReadPickle read(bytes);
    return pickle::bytes_value(read.nodes(), read.root());
  };
  const std::string encode = "c_codecs\nencode\n";
  CHECK(value(encode + "VAb\nVlatin1\n\x86R.") == "Ab");
  CHECK(value(encode + "V\\u0100\nVlatin1\n\x86R.") == std::nullopt);
  CHECK(value(encode + "VAb\nVutf-8\n\x86R.") == std::nullopt);
  CHECK(value(encode + "VAb\n\x85R.") == std::nullopt);
  CHECK(value(encode + "VAb\nVlatin1\n\x86RN\x62.") == std::nullopt);
  CHECK(value("c_codecs\ndecode\nVAb\nVlatin1\n\x86R.") == std::nullopt);
  CHECK(value("VAb\n.") == std::nullopt);
  CHECK(value("S'Ab'\n.") == "Ab");
}

TEST_CASE("pickle: sets, objects and classes") {
  CHECK(unpickled(made("sets", 2)) ==
        "[__builtin__.set([1]), __builtin__.frozenset([2]), __builtin__.set([])]");
  CHECK(unpickled(made("sets", 4)) == "[set{1}, frozenset{2}, set{}]");
  CHECK(unpickled(made("object", 0)) ==
        "copy_reg._reconstructor(argparse.Namespace, __builtin__.object, None) state {'lr': 0.5}");
  for (int protocol = 2; protocol <= 5; ++protocol)
    CHECK(unpickled(made("object", protocol)) == "new argparse.Namespace() state {'lr': 0.5}");
  CHECK(unpickled(made("named", 4)) == "new made.Made(1) named {'key': 2}");
  CHECK(test::ReadPickle(made("named", 5)).globals() == "made.Made instantiated");
  CHECK(test::ReadPickle(made("object", 2)).globals() == "argparse.Namespace instantiated built");
  CHECK(unpickled(made("class", 0)) == "{argparse.Namespace: __builtin__.len}");
  CHECK(unpickled(made("class", 4)) == "{argparse.Namespace: builtins.len}");
}

TEST_CASE("pickle: a tuple that lies in itself") {
  for (int protocol = 0; protocol <= 5; ++protocol) {
    const test::ReadPickle read(made("recursive", protocol));
    CHECK(read.text() == "([...], 1)");
    CHECK(read.oddities().empty());
  }
}

TEST_CASE("pickle: every value by its opcode") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"N.", "None"},
      {"\x88.", "True"},
      {"\x89.", "False"},
      {"I01\n.", "True"},
      {"I00\n.", "False"},
      {"I-12\n.", "-12"},
      {"I9223372036854775807\n.", "9223372036854775807"},
      {"I9223372036854775808\n.", "long 000000000000008000"},
      {"L12L\n.", "12"},
      {"L12\n.", "12"},
      {"L-9223372036854775808L\n.", "-9223372036854775808"},
      {"L-9223372036854775809L\n.", "long ffffffffffffff7fff"},
      {"L-18446744073709551616L\n.", "long 0000000000000000ff"},
      {"J\xfe\xff\xff\xff.", "-2"},
      {"K\xff.", "255"},
      {"M\xff\xff.", "65535"},
      {"\x8a\x00."s, "0"},
      {"\x8a\x01\xff.", "-1"},
      {"\x8a\x02\xff\x00."s, "255"},
      {"\x8a\x0c\x05\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00."s, "5"},
      {"\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", "long 6cfc9c46f9206aa85019"},
      {"\x8b" + le(2, 4) + "\x00\x80."s, "-32768"},
      {"F1e-3\n.", "0.001"},
      {"Fnan\n.", "nan"},
      {"F-inf\n.", "-inf"},
      {"G\x3f\xf8\x00\x00\x00\x00\x00\x00."s, "1.5"},
      {"S'a\\'b\\x41\\n\\101\\q\\\\'\n.", "s'a'bA\\nA\\\\q\\\\'"},
      {"S\"\"\n.", "s''"},
      {"T" + le(2, 4) + "\xff'.", "s'\\xff''"},
      {"U\x02hi.", "s'hi'"},
      {"Vh\xe9\\u20ac\\U0001f600\\\\u0041\\n\n.", "'h\u00e9\u20ac\U0001f600\\\\\\\\u0041\\\\n'"},
      {"X" + le(2, 4) + "hi.", "'hi'"},
      {"\x8c\x02hi.", "'hi'"},
      {"\x8d" + le(2, 8) + "hi.", "'hi'"},
      {"\x8c\x06\xed\xa0\x80\xed\xbf\xbf.", "'\\xed\\xa0\\x80\\xed\\xbf\\xbf'"},
      {"B" + le(1, 4) + "\xff.", "b'ff'"},
      {"C\x01\xff.", "b'ff'"},
      {"\x8e" + le(1, 8) + "\xff.", "b'ff'"},
      {"\x96" + le(1, 8) + "\xff.", "bytearray 'ff'"},
      {").", "()"},
      {"K\x01\x85.", "(1)"},
      {"K\x01K\x02\x86.", "(1, 2)"},
      {"K\x01K\x02K\x03\x87.", "(1, 2, 3)"},
      {"(K\x01K\x02K\x03K\x04t.", "(1, 2, 3, 4)"},
      {"(t.", "()"},
      {"].", "[]"},
      {"(K\x01l.", "[1]"},
      {"]K\x01"s + "a.", "[1]"},
      {"](K\x01K\x02"s + "e.", "[1, 2]"},
      {"}.", "{}"},
      {"(K\x01K\x02"s + "d.", "{1: 2}"},
      {"}K\x01K\x02s.", "{1: 2}"},
      {"}(K\x01K\x02K\x01K\x03u.", "{1: 2, 1: 3}"},
      {"\x8f(K\x01K\x02\x90.", "set{1, 2}"},
      {"(K\x01\x91.", "frozenset{1}"},
      {"K\x01\x32\x86.", "(1, 1)"},
      {"K\x01K\x02\x30.", "1"},
      {"K\x01(K\x02K\x03\x31.", "1"},
      {"K\x01(0.", "1"},
      {"K\x01q\x00"s + "0h\x00."s, "1"},
      {"K\x01p0\n0g0\n.", "1"},
      {"K\x01r" + le(1, 4) + "0j" + le(1, 4) + ".", "1"},
      {"K\x01\x94K\x02\x94\x30\x30h\x00h\x01\x86."s, "(1, 2)"},
      {"K\x07Q.", "persistent 7"},
      {"cm\nn\n.", "m.n"},
      {"cm\nn\n)R.", "m.n()"},
      {"cm\nn\n)\x81.", "new m.n()"},
      {"cm\nn\n)}\x92.", "new m.n() named {}"},
      {"cm\nn\n)RNb.", "m.n() state None"},
      {"\x8c\x01m\x8c\x03n.o\x93.", "m.n.o"},
      {"U\x01mS'n'\n\x93.", "m.n"},
      {"\x80\x05\x95" + le(2, 8) + "N.", "None"},
  };
  for (const auto& [bytes, expected] : cases) {
    const std::string shown = to_hex(bytes_of(bytes));
    CAPTURE(shown);
    CHECK(unpickled(bytes) == expected);
  }
}

TEST_CASE("pickle: items of calls and objects stay with them") {
  CHECK(unpickled("cm\nn\n)R(K\x01K\x02K\x03K\x04u(K\x05"s + "eK\x06"s + "a(K\x07\x90K\x08K\x09s.") ==
        "m.n()[5, 6, 7]{1: 2, 3: 4, 8: 9}");
  CHECK(unpickled("cm\nn\n)\x81K\x01"s + "a.") == "new m.n()[1]");
  const test::ReadPickle read("}Va\nK\x01sVb\nK\x02sVa\nK\x03s.");
  CHECK(read.nodes().integer(read.nodes().find(read.root(), "a")) == 3);
  CHECK(read.nodes().find(read.root(), "c") == pickle::kNoNode);
}

TEST_CASE("pickle: a node that is asked for what it has not answers with nothing") {
  const test::ReadPickle read("K\x07.");
  const pickle::Nodes& nodes = read.nodes();
  for (const pickle::NodeId id : {read.root(), pickle::kNoNode}) {
    CHECK(nodes.text(id).empty());
    CHECK(nodes.items(id).empty());
    CHECK(nodes.pairs(id).empty());
    CHECK(nodes.global(id).name.empty());
    CHECK(nodes.target(id) == pickle::kNoNode);
    CHECK(nodes.arguments(id) == pickle::kNoNode);
    CHECK(nodes.named_arguments(id) == pickle::kNoNode);
    CHECK(nodes.state(id) == pickle::kNoNode);
    CHECK(nodes.persistent_value(id) == pickle::kNoNode);
    CHECK_FALSE(nodes.boolean(id));
  }
  CHECK(nodes.kind(pickle::kNoNode) == pickle::Kind::freed);
}

TEST_CASE("pickle: several one after another") {
  const std::string bytes = "\x80\x02K\x01.\x80\x02K\x02.data";
  pickle::Source source{.bytes = Bytes::own(bytes), .path = "p", .offset = 100};
  CHECK(pickle::length_of_pickle(source) == 5);
  pickle::Reader first(source);
  first.read();
  CHECK(first.length() == 5);
  CHECK(first.oddities().empty());
  const pickle::Source second_source{
      .bytes = {source.bytes.view.subspan(5), source.bytes.owner}, .path = "p", .offset = 105};
  pickle::Reader second(second_source);
  second.read();
  CHECK(second.nodes().integer(second.root()) == 2);
  // A piece of a pickle may be its beginning.
  const auto length = [](const std::string& piece) {
    return pickle::length_of_pickle({.bytes = Bytes::own(piece), .path = "p", .offset = 0});
  };
  for (const char* piece : {"", "\x80", "\x80\x02", "\x80\x02X", "\x80\x02X\x05\x01\x01\x01", "cos\nsys"})
    CHECK(length(piece) == std::nullopt);
  CHECK_THROWS_AS(length("\x80\x02!"), CorruptError);
  CHECK_THROWS_AS(length("(i"), UnsupportedError);
}

TEST_CASE("pickle: names of Python 2 by those of Python 3") {
  using pickle::modern_name;
  using pickle::Name;
  CHECK(modern_name("__builtin__", "set") == Name{"builtins", "set"});
  CHECK(modern_name("__builtin__", "unicode") == Name{"builtins", "str"});
  CHECK(modern_name("copy_reg", "_reconstructor") == Name{"copyreg", "_reconstructor"});
  CHECK(modern_name("exceptions", "ValueError") == Name{"builtins", "ValueError"});
  CHECK(modern_name("torch", "Size") == Name{"torch", "Size"});
  const test::ReadPickle read("c__builtin__\nset\n.");
  CHECK(pickle::is_global(read.nodes(), read.root(), "builtins", "set"));
  CHECK_FALSE(pickle::is_global(read.nodes(), read.root(), "builtins", "list"));
}

#include <doctest/doctest.h>

#include "encoding/pickle/limits.hpp"
#include "pickle_fixture.hpp"

using namespace aerotool;
using namespace std::string_literals;
using pickle::Limits;
using test::le;
using test::ReadPickle;
using test::unpickled;

namespace {

bool says(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string repeated(std::string_view piece, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += piece;
  return all;
}

/// Adds up what one opcode makes of the memory that a pickle may take.
std::string with_memory(std::string bytes, std::uint64_t most) {
  return ReadPickle(std::move(bytes), {.bytes = 1U << 30U, .opcodes = 100'000'000, .memory = most}).text();
}

}  // namespace

TEST_CASE("pickle: opcodes that are not read are refused by name and place") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"(ios\nsystem\n.", "INST"},
      {"(o.", "OBJ"},
      {"\x82\x01.", "EXT1"},
      {"\x83\x01\x01.", "EXT2"},
      {"\x84\x01\x01\x01\x01.", "EXT4"},
      {"Pid\n.", "PERSID"},
      {"\x97.", "NEXT_BUFFER"},
      {"\x98.", "READONLY_BUFFER"},
  };
  for (const auto& [bytes, name] : cases) {
    const std::string place = bytes[0] == '(' ? "3" : "2";
    CHECK(unpickled("N0" + bytes) ==
          "unsupported: p: at byte " + place + ": the pickle's opcode " + name + " is not read");
  }
  CHECK(unpickled("\x80\x06.") == "unsupported: p: at byte 0: pickles of protocol 6 are not read");
  // What INST would have called is told all the same.
  CHECK(ReadPickle("(ios\nsystem\n.").globals() == "os.system called unread");
}

TEST_CASE("pickle: bytes that end too soon") {
  const std::vector<std::string> cut = {
      "",      "N",        "\x80",      "J\x01\x01\x01", "M\x01", "G\x01",     "I12",       "cos\nsystem",
      "cos",   "T\x01",    "U",         "U\x02x",        "X\x01", "\x8c\x02x", "\x8a\x02x", "\x8b\x01",
      "\x95x", "V no end", "S'no end'", "C\x05xxxx",
  };
  for (const std::string& bytes : cut) {
    const std::string shown = to_hex(bytes_of(bytes));
    CAPTURE(shown);
    const std::string error = unpickled(bytes);
    CHECK((says(error, "the pickle ends") || says(error, "does not fit in the bytes left")));
  }
  CHECK(unpickled("X\xff\xff\xff\xff.") ==
        "p: at byte 0: BINUNICODE of 4294967295 bytes does not fit in the bytes left");
  CHECK(says(unpickled("\x8e\xff\xff\xff\xff\xff\xff\xff\xff."), "BINBYTES8 of 18446744073709551615 bytes"));
  CHECK(says(unpickled("\x8d" + le(~std::uint64_t{0} - 8, 8) + "."), "does not fit"));
  CHECK(says(unpickled("T\xff\xff\xff\xff."), "BINSTRING has a negative length"));
  CHECK(says(unpickled("\x8b\xff\xff\xff\xff."), "LONG4 has a negative length"));
  CHECK(says(unpickled("\x95" + le(9, 8) + "N."), "a frame of 9 bytes does not fit"));
}

TEST_CASE("pickle: what Python's machine cannot do is an error") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {".", "STOP needs more values"},
      {"(.", "STOP needs more values"},
      {"N(.", "STOP needs more values"},
      {"0N.", "POP needs more values"},
      {"1N.", "POP_MARK without a MARK"},
      {"2N.", "DUP needs more values"},
      {"N\x86.", "TUPLE2 needs more values"},
      {"N(\x85.", "TUPLE1 needs more values"},
      {"t.", "TUPLE without a MARK"},
      {"l.", "LIST without a MARK"},
      {"\x91.", "FROZENSET without a MARK"},
      {"]N"s + "e.", "APPENDS without a MARK"},
      {"(N"s + "e.", "APPENDS has nothing below its MARK"},
      {"](( N"s.substr(0, 3) + "Ne.", "APPENDS has nothing below its MARK"},
      {"]("s + "a.", "APPEND needs more values"},
      {"Na.", "APPEND needs more values"},
      {"}Ns.", "SETITEM needs more values"},
      {"}(Nu.", "SETITEMS has a key without a value"},
      {"(Nd.", "DICT has a key without a value"},
      {"(q\x00."s, "BINPUT needs more values"},
      {"\x94N.", "MEMOIZE needs more values"},
      {"h\x00."s, "fetched before it was put"},
      {"Nq\x01"s + "h\x00."s, "fetched before it was put"},
      {"N\x94h\x01.", "fetched before it was put"},
      {"gx\n.", "GET names no index"},
      {"Np-1\n.", "PUT names no index"},
      {"}]Ns.", "a list as a key or member, which has no hash"},
      {"}}Ns.", "a dict as a key"},
      {"}\x8fNs.", "a set as a key"},
      {"}\x96" + le(0, 8) + "Ns.", "a bytearray as a key"},
      {"}]\x85\x85Ns.", "a tuple as a key"},
      {"(]\x91.", "a list as a key or member"},
      {"\x8f(]\x90.", "a list as a key or member"},
      {"(]Nd.", "a list as a key or member"},
      {"NK\x01K\x01s.", "SETITEM on None"},
      {"]K\x01K\x01s.", "SETITEM on a list"},
      {"cm\nn\nK\x01K\x01s.", "SETITEM on m.n"},
      {"NQK\x01K\x01s.", "SETITEM on a persistent id"},
      {"}K\x01"s + "a.", "APPEND on a dict"},
      {")K\x01"s + "a.", "APPEND on a tuple"},
      {"](K\x01\x90.", "ADDITEMS on a list"},
      {"(\x91(K\x01\x90.", "ADDITEMS on a frozenset"},
      {"N)R.", "REDUCE of None, which cannot be called"},
      {"])R.", "REDUCE of a list, which cannot be called"},
      {"V os\n)R.", "REDUCE of a str, which cannot be called"},
      {"cm\nn\n]R.", "REDUCE has a list as arguments, not a tuple"},
      {"cm\nn\ncm\nn\n)RR.", "REDUCE has a call of m.n as arguments, not a tuple"},
      {"cm\nn\n]\x81.", "NEWOBJ has a list as arguments"},
      {"N)\x81.", "NEWOBJ of None, which cannot be called"},
      {"cm\nn\n))\x92.", "NEWOBJ_EX has a tuple as named arguments, not a dict"},
      {"NNb.", "BUILD gives a state to None, not to an object"},
      {"cm\nn\nNb.", "BUILD gives a state to m.n, not to an object"},
      {"cm\nn\n)RNbNb.", "BUILD gives a second state to a call of m.n"},
      {"NN\x93.", "STACK_GLOBAL names None, not a str"},
      {"cm\nn\n)RVn\n\x93.", "STACK_GLOBAL names a call of m.n, not a str"},
      {"C\x01mC\x01n\x93.", "STACK_GLOBAL names bytes, not a str"},
      {"cm\xff\nn\n.", "has a name that is not UTF-8"},
      {"\x8c\x01\xff.", "SHORT_BINUNICODE has text that is not UTF-8"},
      {"\x8c\x02\xc0\x80.", "text that is not UTF-8"},
      {"\x8c\x02\xed\xa0.", "text that is not UTF-8"},
      {"I\n.", "INT has a line that is no integer"},
      {"I010\n.", "no integer in decimal"},
      {"I0x10\n.", "no integer in decimal"},
      {"I1_0\n.", "no integer in decimal"},
      {"I 1\n.", "no integer in decimal"},
      {"I-0\n.", "no integer in decimal"},
      {"I1L\n.", "no integer in decimal"},
      {"L+1L\n.", "no integer in decimal"},
      {"F1.5x\n.", "no float in decimal"},
      {"F\n.", "no float in decimal"},
      {"F1e999\n.", "no float in decimal"},
      {"Fnan(1)\n.", "no float in decimal"},
      {"S\n.", "STRING has a line without its quotes"},
      {"S'\n.", "STRING has a line without its quotes"},
      {"S'x\"\n.", "STRING has a line without its quotes"},
      {"S'\\xg0'\n.", "STRING has an escape that says nothing"},
      {"S'\\'\n.", "STRING has an escape that says nothing"},
      {"V\\u12\n.", "UNICODE has an escape that says nothing"},
      {"V\\U00110000\n.", "UNICODE has an escape that says nothing"},
  };
  for (const auto& [bytes, expected] : cases) {
    const std::string shown = to_hex(bytes_of(bytes));
    CAPTURE(shown);
    const std::string error = unpickled(bytes);
    CHECK_MESSAGE(says(error, expected), error);
  }
}

TEST_CASE("pickle: lines, names and integers have a limit") {
  const std::string most(pickle::kMaxLine, 'a');
  CHECK(ReadPickle("c" + most + "\n" + most + "\n.").error().empty());
  CHECK(says(unpickled("c" + most + "a\nn\n."), "GLOBAL has a line of more than 1000 bytes"));
  CHECK(says(unpickled("cm\n" + most + "a\n."), "GLOBAL has a line of more than 1000 bytes"));
  CHECK(says(unpickled("I" + most + "1\n."), "INT has a line of more than 1000 bytes"));
  CHECK(says(unpickled("c" + repeated("a", 100'000)), "GLOBAL has a line of more than 1000 bytes"));
  CHECK(says(unpickled(test::text_opcode("m") + test::text_opcode(most + "a") + "\x93."),
             "STACK_GLOBAL has a name of more than 1000 bytes"));
  CHECK(unpickled("\x8b" + le(255, 4) + std::string(254, '\xff') + "\x7f.").starts_with("long "));
  CHECK(says(unpickled("\x8b" + le(256, 4) + std::string(256, '\x01') + "."),
             "unsupported: p: at byte 0: LONG4 of 256 bytes"));
  CHECK(unpickled("L" + repeated("9", 600) + "L\n.").starts_with("long "));
  CHECK(says(unpickled("L" + repeated("9", 700) + "L\n."), "no integer in decimal"));
}

TEST_CASE("pickle: opcodes, bytes and memory have a limit") {
  const std::string bytes = "](" + repeated("N", 100) + "e.";
  const auto read = [&](const Limits& limits) { return ReadPickle(bytes, limits).error(); };
  CHECK(read({.bytes = bytes.size(), .opcodes = 104, .memory = 1U << 20U}).empty());
  CHECK(says(read({.bytes = bytes.size(), .opcodes = 103, .memory = 1U << 20U}),
             "unsupported: p: at byte 103: the pickle has more than 103 opcodes"));
  CHECK(says(read({.bytes = bytes.size() - 1, .opcodes = 1000, .memory = 1U << 20U}),
             "unsupported: p: at byte 103: the pickle is longer than 103 B"));
  // In the middle of an opcode, too.
  CHECK(says(ReadPickle("U\x09xxxxxxxxx.", {.bytes = 5, .opcodes = 9, .memory = 1U << 20U}).error(),
             "the pickle is longer than 5 B"));
  for (const char* piece : {"]", "}", "(", "K\x01", "M\x01\x01", "G12345678", ")\x85", "V\\u1234\n", "NQ"}) {
    const std::string error = with_memory(repeated(piece, 100'000) + ".", 1U << 18U);
    CHECK_MESSAGE(says(error, "takes more than 256.0 KiB of memory"), error);
  }
  // All of what is thrown away at once comes back.
  CHECK(with_memory(repeated("](NNNN"s + "e\x30", 100'000) + "N.", 1U << 18U) == "None");
  CHECK(with_memory(repeated("}(K\x01V\\u1234\nu\x30", 100'000) + "N.", 1U << 18U) == "None");
  CHECK(with_memory(repeated("cm\nn\n)R}bNQ\x85\x85\x30\x30", 100'000) + "N.", 1U << 18U) == "None");
}

TEST_CASE("pickle: different globals have a limit") {
  std::string bytes;
  for (std::size_t i = 0; i <= pickle::kMaxGlobals; ++i) bytes += "cm\nn" + std::to_string(i) + "\n0";
  CHECK(says(unpickled(bytes + "N."), "the pickle names more than 65,536 different globals"));
}

TEST_CASE("pickle: the memo is kept where it is fetched alone") {
  // A million entries, of which one is fetched.
  const std::string filler = repeated("M\x01\x02\x94\x30", 1'000'000);
  CHECK(with_memory("K\x09\x94" + filler + "h\x00."s, 1U << 18U) == "9");
  CHECK(says(unpickled("Nr\xff\xff\xff\xff."), "LONG_BINPUT of index 4294967295 of the memo"));
  CHECK(says(unpickled("Nj\xff\xff\xff\xff."), "LONG_BINGET of index 4294967295 of the memo"));
  CHECK(says(unpickled("Np99999999999999999999\n."), "PUT names no index"));
  CHECK(unpickled("NNr" + le(2, 4) + "j" + le(2, 4) + "\x86.") == "(None, None)");
  // What is put twice is what was put last; MEMOIZE counts the indexes that are taken.
  CHECK(unpickled("K\x01q\x00K\x02q\x00h\x00\x87."s) == "(1, 2, 2)");
  CHECK(unpickled("K\x01q\x01K\x02\x94h\x01\x87."s) == "(1, 2, 2)");
}

TEST_CASE("pickle: containers are 64 deep and no more") {
  const auto nested = [](std::size_t depth) {
    return ReadPickle(repeated("]", depth) + repeated("a", depth - 1) + ".").error();
  };
  CHECK(nested(64).empty());
  CHECK(nested(65) ==
        "unsupported: p: at byte 129: the pickle's containers are nested deeper than 64 levels");
  for (const std::size_t depth : {std::size_t{30'000}, std::size_t{200'000}}) {
    CHECK(says(unpickled(")" + repeated("\x85", depth) + "."), "nested deeper than 64 levels"));
    CHECK(says(unpickled(repeated("]", depth) + repeated("a", depth - 1) + "."), "nested deeper"));
    CHECK(
        says(unpickled(repeated("cm\nn\n", depth) + ")" + repeated("\x85R", depth) + "."), "nested deeper"));
    CHECK(says(unpickled("cm\nn\n" + repeated(")R", depth) + "."), "nested deeper"));
    // What is let go of is as deep.
    CHECK(unpickled(")" + repeated("\x85", depth) + "0N.") == "None");
  }
  // A call is one level with its arguments and attributes.
  std::string modules = "N";
  for (int i = 0; i < 32; ++i) modules = "cm\nn\n)\x81}V_\n" + modules + "sb";
  CHECK(ReadPickle(modules + ".").error().empty());
  // A depth that grows when the outer container is there already.
  std::string grown = "]q\x00"s;
  for (int i = 0; i < 100; ++i)
    grown +=
        "h" + le(static_cast<std::uint64_t>(i), 1) + "]q" + le(static_cast<std::uint64_t>(i) + 1, 1) + "a0";
  CHECK(says(unpickled(grown + "h\x00."s), "nested deeper than 64 levels"));
}

TEST_CASE("pickle: walks end, whatever the graph") {
  std::string lists = "]q\x00"s;
  for (int i = 0; i < 40; ++i) {
    lists += "](h" + le(static_cast<std::uint64_t>(i), 1) + "h" + le(static_cast<std::uint64_t>(i), 1) +
             "eq" + le(static_cast<std::uint64_t>(i) + 1, 1);
  }
  const ReadPickle read(lists + "h\x28.");
  REQUIRE(read.error().empty());
  std::size_t count = 0;
  pickle::for_each_node(read.nodes(), read.root(), [&](pickle::NodeId) { return ++count != 0; });
  CHECK(count == 41);
  // Along every path it is too much.
  pickle::Path path;
  bool too_many = false;
  const auto walk = [&](auto& self, pickle::NodeId id) -> void {
    if (too_many) return;
    const auto step = path.enter(id);
    too_many = step == pickle::Path::Step::too_many;
    if (step != pickle::Path::Step::entered) return;
    for (const pickle::NodeId item : read.nodes().items(id)) self(self, item);
    path.leave();
  };
  walk(walk, read.root());
  CHECK(too_many);

  const ReadPickle own("]\x94h\x00"s + "a\x94.");
  CHECK(own.error().empty());
  CHECK(own.text() == "[...]");
  pickle::Path inside;
  CHECK(inside.enter(own.root()) == pickle::Path::Step::entered);
  CHECK(inside.enter(own.root()) == pickle::Path::Step::inside_itself);
  CHECK(inside.depth() == 1);
  for (std::uint32_t i = 0; i < 2 * pickle::kMaxDepth - 1; ++i)
    CHECK(inside.enter(pickle::NodeId{1000 + i}) == pickle::Path::Step::entered);
  CHECK(inside.enter(pickle::NodeId{1}) == pickle::Path::Step::too_deep);
}

TEST_CASE("pickle: what two programs could see different things in is told") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"\x80\x02\x80\x02N.", "2: PROTO stands twice"},
      {"N\x80\x02.", "1: PROTO is not the first opcode"},
      {"\x80\x04\x95" + le(3, 8) + "K\x01M\x01\x02\x30N.",
       "13: BININT2 does not end where its frame does; "
       "18: 1 value and 0 marks are left on the stack at STOP"},
      {"\x80\x04\x95" + le(2, 8) + "U\x05xxxxx.", "11: SHORT_BINSTRING does not end where its frame does"},
      {"\x80\x04\x95" + le(9, 8) + "\x95" + le(1, 8) + "N.", "11: a frame begins inside another one"},
      {"\x80\x04\x95" + le(4, 8) + "N.xx",
       "12: STOP stands before the end of its frame; "
       "13: 2 bytes follow STOP"},
      {"\x80\x04\x95" + le(1, 8) + "N\x95" + le(1, 8) + ".", ""},
      {"NK\x01.", "3: 1 value and 0 marks are left on the stack at STOP"},
      {"(K\x01.", "3: 0 values and 1 mark are left on the stack at STOP"},
      {"N.N.", "2: another pickle follows STOP"},
      {"N.x", "2: 1 byte follows STOP"},
      {"cm\nn\n)R)R.", "8: REDUCE of a call of m.n, which is not named by a global"},
      {"cm\nn\n)R)\x81.", "8: NEWOBJ of a call of m.n, which is not named by a global"},
      {"NQ)R.", "3: REDUCE of a persistent id, which is not named by a global"},
      {"cos system\nx\n.", "0: the global os system.x has a name that is no identifier"},
      {"cos\nsystem\r\n.", "0: the global os.system\\r has a name that is no identifier"},
      {"cos\n\n.", "0: the global os. has a name that is no identifier"},
      {"c.os\nx\n.", "0: the global .os.x has a name that is no identifier"},
      {"cos\n1x\n.", "0: the global os.1x has a name that is no identifier"},
      {"cm.k\nA.<locals>.b1\n.", ""},
      {"cm\n\xc3\xa9t\xc3\xa9\n.", ""},
  };
  for (const auto& [bytes, expected] : cases) {
    const std::string shown = to_hex(bytes_of(bytes));
    CAPTURE(shown);
    const ReadPickle read(bytes);
    CHECK(read.error().empty());
    CHECK(read.oddities() == expected);
  }
  CHECK(ReadPickle(repeated("\x80\x02", 2000) + "N.").reader().oddities().size() == pickle::kMaxOddities);
}

TEST_CASE("pickle: globals are told whatever comes after them") {
  // A payload before a broken rest.
  const ReadPickle broken("cos\nsystem\n(Vtrue\ntR!");
  CHECK(says(broken.error(), "0x21 is no opcode"));
  CHECK(broken.globals() == "os.system called");
  CHECK(ReadPickle("cos\nsystem\n(Vtrue\ntR").globals() == "os.system called");
  // What the machine did not come to.
  const ReadPickle unread("0cos\nsystem\n\x8c\x05posix\x94\x8c\x06system\x94\x93)R.");
  CHECK(says(unread.error(), "POP needs more values"));
  CHECK(unread.globals() == "os.system unread, posix.system unread");
  CHECK(ReadPickle("cm\nn\n]Rcm\nk\n.").globals() == "m.n called, m.k unread");
  // A second pickle.
  const ReadPickle second("cm\nn\n.cm\nn\ncos\nsystem\n)R.");
  CHECK(second.error().empty());
  CHECK(second.globals() == "m.n, os.system unread");
  CHECK(ReadPickle("N.zip cos\nsystem\n").globals().empty());
  // Once each, by what is done with them; names from the memo and of any kind of text.
  const ReadPickle used(
      "\x8c\x02os\x94\x8c\x06system\x94\x93\x30h\x00h\x01\x93)R\x30Vm\nU\x01n\x93)\x81Nb."s);
  CHECK(used.globals() == "os.system called, m.n instantiated built");
  // Offsets are those of the file.
  pickle::Reader reader({.bytes = Bytes::own("Ncm\nn\n\x86."s), .path = "p", .offset = 1000});
  reader.read();
  REQUIRE(reader.globals().size() == 1);
  CHECK(reader.globals()[0].offset == 1001);
}

#include <doctest/doctest.h>

#include <vector>

#include "encoding/pickle/dangerous.hpp"
#include "pickle_fixture.hpp"

using namespace aerotool;
using namespace std::string_literals;
using pickle::Change;
using pickle::NodeId;
using pickle::Nodes;
using test::ReadPickle;

namespace {

/// Makes records of calls and objects of the module `m`, and refuses what it is told to.
class Records : public pickle::Handler {
 public:
  void called(Nodes& nodes, NodeId call, std::uint64_t offset) override {
    if (nodes.global(nodes.target(call)).name == "evil")
      throw CorruptError({.path = "p", .offset = offset, .tensor = {}}, "evil is not called");
    record(nodes, call, nodes.target(call));
  }
  void built(Nodes& nodes, NodeId node, std::uint64_t) override {
    ++built_count;
    record(nodes, node, nodes.target(node));
  }
  void instantiated(Nodes& nodes, NodeId object, std::uint64_t) override {
    last_object = nodes.describe(object);
  }
  void named(Nodes& nodes, NodeId persistent, std::uint64_t) override {
    names.emplace_back(nodes.text(nodes.persistent_value(persistent)));
    nodes.become_record(persistent, {names.size(), 0});
  }
  bool take_items(Nodes& nodes, NodeId target, Change change, std::span<const NodeId> items,
                  std::uint64_t) override {
    if (!take) return false;
    taken += items.size();
    last_change = change;
    if (nodes.kind(target) == pickle::Kind::dict) nodes.become_record(target, {1, 2});
    return true;
  }
  bool take_state(Nodes&, NodeId, NodeId, std::uint64_t) override { return take; }

  bool take = false;
  std::size_t taken = 0;
  std::size_t built_count = 0;
  Change last_change = Change::append;
  std::string last_object;
  std::vector<std::string> names;

 private:
  static void record(Nodes& nodes, NodeId id, NodeId target) {
    if (nodes.global(target).module == "m") nodes.become_record(id, {7, 0});
  }
};

ReadPickle read_with(Records& records, std::string bytes, std::uint64_t memory = 1U << 20U) {
  return ReadPickle(std::move(bytes), {.bytes = 1U << 30U, .opcodes = 10'000'000, .memory = memory},
                    &records);
}

}  // namespace

TEST_CASE("pickle: a handler makes records of calls, objects and persistent ids") {
  Records records;
  CHECK(read_with(records, "cm\nn\n)R\x94"s + "ck\nn\n)Rh\x00\x87."s).text() ==
        "(record 7, k.n(), record 7)");
  CHECK(read_with(records, "ck\nn\n)\x81N\x62.").text() == "new k.n() state None");
  CHECK(records.last_object == "an object of k.n");
  // Where it was put into the memo before it got its state, it is the record there, too.
  CHECK(read_with(records, "cm\nn\n)\x81\x94K\x01\x62h\x00\x86."s).text() == "(record 7, record 7)");
  CHECK(records.built_count == 2);
  CHECK(read_with(records, "Va\nQVb\nQ\x86.").text() == "(record 1, record 2)");
  CHECK(records.names == std::vector<std::string>{"a", "b"});
}

TEST_CASE("pickle: a handler refuses") {
  Records records;
  const ReadPickle read = read_with(records, "N0cm\nevil\n)Rcm\nk\n.");
  CHECK(read.error() == "p: at byte 11: evil is not called");
  CHECK(read.globals() == "m.evil called, m.k unread");
  CHECK(read.root() == pickle::kNoNode);
}

TEST_CASE("pickle: items and states of records are the handler's") {
  Records records;
  const std::string set = "cm\nn\n)RK\x01K\x02s.";
  CHECK(read_with(records, set).error() == "p: at byte 11: SETITEM on a value that was read already");
  CHECK(read_with(records, "cm\nn\n)RNb.").error() ==
        "p: at byte 8: BUILD gives a state to a value that was read already");
  records.take = true;
  CHECK(read_with(records, set).text() == "record 7");
  CHECK(records.taken == 2);
  CHECK(records.last_change == Change::set);
  CHECK(read_with(records, "cm\nn\n)RNb.").text() == "record 7");
  CHECK(read_with(records, "](NNe.").text() == "[]");
  CHECK(read_with(records, "\x8f(NN\x90.").text() == "set{}");
  CHECK(records.last_change == Change::add);
  // A dict that becomes a record when it gets its first items.
  CHECK(read_with(records, "}(K\x01K\x02u(K\x03K\x04u.").text() == "record 1");
  CHECK(read_with(records, "(K\x01K\x02\x64.").text() == "record 1");
}

TEST_CASE("pickle: what a handler has seen takes no memory") {
  Records records;
  records.take = true;
  std::string bytes = "](";
  for (int i = 0; i < 100'000; ++i) {
    if (i % 1000 == 0) bytes += "e(";
    bytes += "cm\nn\n)\x81}Voffsets\nM\x01\x02M\x03\x04\x86s\x62";
  }
  const ReadPickle read = read_with(records, bytes + "e.", 1U << 18U);
  CHECK(read.error().empty());
  CHECK(records.taken == 100'000 + 2 * 100'000);
}

TEST_CASE("pickle: a record lets go of what it was made of, itself too") {
  Records records;
  // The object's state holds the object.
  std::string bytes;
  for (int i = 0; i < 20'000; ++i) bytes += "cm\nn\n)\x81q\x01}Vme\nh\x01s\x62\x30";
  CHECK(read_with(records, "N" + bytes + ".", 1U << 18U).text() == "None");
  pickle::Reader reader({.bytes = Bytes::own("(M\x01\x02]t."s), .path = "p", .offset = 0});
  reader.read();
  pickle::Nodes& nodes = reader.nodes();
  const NodeId number = nodes.items(reader.root())[0];
  const NodeId list = nodes.items(reader.root())[1];
  CHECK_FALSE(nodes.become_record(number, {}));
  CHECK_FALSE(nodes.become_record(reader.root(), {}));
  CHECK_FALSE(nodes.become_record(pickle::kNoNode, {}));
  CHECK(nodes.become_record(list, {1, 2}));
  CHECK(nodes.become_record(list, {3, 4}));
  CHECK(nodes.record(list).second == 4);
  // What is retained stays when the rest goes.
  nodes.retain(number);
  nodes.release(reader.root());
  CHECK(nodes.integer(number) == 513);
  CHECK(nodes.kind(list) == pickle::Kind::freed);
  nodes.release(number);
  CHECK(nodes.kind(number) == pickle::Kind::freed);
}

TEST_CASE("pickle: dangerous globals") {
  using pickle::is_dangerous;
  const std::vector<std::pair<const char*, const char*>> bad = {
      {"os", "system"},
      {"posix", "system"},
      {"nt", "system"},
      {"os.path", "join"},
      {"subprocess", "Popen"},
      {"commands", "getoutput"},
      {"__builtin__", "eval"},
      {"builtins", "exec"},
      {"builtins", "getattr"},
      {"builtins", "eval.__call__"},
      {"builtins", "__import__"},
      {"cPickle", "loads"},
      {"pip", "main"},
      {"pip._internal.cli.main", "main"},
      {"asyncio.unix_events", "_UnixSubprocessTransport._start"},
      {"torch", "load"},
      {"torch.serialization", "os.system"},
      {"torch.serialization", "os"},
      {"collections", "_sys.modules.os.system"},
      {"anything", "Klass.__init__.__globals__"},
      {"numpy.testing._private.utils", "runstring"},
      {"urllib2", "urlopen"},
  };
  for (const auto& [module, name] : bad) {
    const std::string shown = std::string(module) + " " + name;
    CAPTURE(shown);
    CHECK(is_dangerous(module, name));
  }
  const std::vector<std::pair<const char*, const char*>> good = {
      {"collections", "OrderedDict"},
      {"torch._utils", "_rebuild_tensor_v2"},
      {"torch", "FloatStorage"},
      {"__builtin__", "set"},
      {"_codecs", "encode"},
      {"argparse", "Namespace"},
      {"pathlib", "PosixPath"},
      {"osmium", "x"},
      {"sysconfig", "x"},
      {"my.os", "Thing"},
      {"builtins", "evaluate"},
      {"testing", "x"},
      {"models", "test"},
      {"models", "Outer.Inner"},
  };
  for (const auto& [module, name] : good) {
    const std::string shown = std::string(module) + " " + name;
    CAPTURE(shown);
    CHECK_FALSE(is_dangerous(module, name));
  }
  CHECK(pickle::dangers().size() > 150);
  for (const pickle::Danger& danger : pickle::dangers()) {
    const std::string_view module = danger.module.empty() ? "m" : danger.module;
    CHECK(is_dangerous(module, danger.name.empty() ? "anything" : danger.name));
  }
}

// Pickles, as they are and with a handler that takes what it is given. The first byte chooses; what follows
// is the pickle. Whatever is read is walked, and let go of.
#include <cstdlib>

#include "core/error.hpp"
#include "encoding/pickle/dangerous.hpp"
#include "encoding/pickle/outline.hpp"
#include "encoding/pickle/python_names.hpp"
#include "encoding/pickle/reader.hpp"
#include "encoding/pickle/walk.hpp"

namespace {

using namespace aerotool;
using pickle::NodeId;
using pickle::Nodes;

constexpr pickle::Limits kLimits{.bytes = 1U << 20U, .opcodes = 100'000, .memory = 16U << 20U};

/// Makes records of all that it can, and looks at what it is told of.
class Taker : public pickle::Handler {
 public:
  void called(Nodes& nodes, NodeId call, std::uint64_t) override { take(nodes, call); }
  void built(Nodes& nodes, NodeId node, std::uint64_t) override { take(nodes, node); }
  void named(Nodes& nodes, NodeId persistent, std::uint64_t) override { take(nodes, persistent); }
  bool take_items(Nodes& nodes, NodeId target, pickle::Change, std::span<const NodeId> items,
                  std::uint64_t) override {
    if (items.size() % 2 == 0) nodes.become_record(target, {items.size(), 0});
    return nodes.kind(target) == pickle::Kind::record || items.size() % 3 == 0;
  }
  bool take_state(Nodes&, NodeId, NodeId, std::uint64_t) override { return true; }

 private:
  static void take(Nodes& nodes, NodeId id) {
    pickle::for_each_node(nodes, id, [](NodeId) { return true; });
    if (!nodes.become_record(id, {1, 2})) std::abort();
  }
};

void look_at(const Nodes& nodes, NodeId id) {
  static_cast<void>(nodes.describe(id));
  static_cast<void>(nodes.text(id));
  static_cast<void>(nodes.find(id, "state_dict"));
  static_cast<void>(pickle::bytes_value(nodes, id));
  if (nodes.kind(id) == pickle::Kind::freed) std::abort();
}

/// Along every path that a walk may take, without recursion.
void walk(const Nodes& nodes, NodeId root) {
  constexpr std::size_t kMostSteps = 10'000;
  struct Place {
    NodeId id;
    std::size_t next;
  };
  pickle::Path path;
  std::vector<Place> places;
  std::size_t steps = 0;
  if (path.enter(root) == pickle::Path::Step::entered) places.push_back({root, 0});
  while (!places.empty()) {
    const pickle::Children children(nodes, places.back().id);
    if (places.back().next == children.size() || ++steps > kMostSteps) {
      path.leave();
      places.pop_back();
      continue;
    }
    const NodeId child = children[places.back().next++];
    if (child != pickle::kNoNode && path.enter(child) == pickle::Path::Step::entered)
      places.push_back({child, 0});
  }
  if (path.depth() != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const ByteSpan input = std::as_bytes(std::span(data, size));
  const pickle::Source source{.bytes = {input.subspan(1), nullptr}, .path = "p", .offset = 0};
  Taker taker;
  pickle::Reader reader(source, kLimits, (data[0] & 1) != 0 ? &taker : nullptr);
  try {
    reader.read();
    reader.note_rest();
    if (pickle::length_of_pickle(source, kLimits) != reader.length()) std::abort();
    pickle::for_each_node(reader.nodes(), reader.root(), [&](NodeId id) {
      look_at(reader.nodes(), id);
      return true;
    });
    walk(reader.nodes(), reader.root());
    reader.nodes().release(reader.root());
  } catch (const ContentError& error) {
    if (reader.root() != pickle::kNoNode) std::abort();
  }
  for (const pickle::Global& global : reader.globals()) static_cast<void>(pickle::is_dangerous(global));
  return 0;
}

// Ways through the nodes of a pickle, which is a hostile graph: nodes are shared, lie inside themselves, and
// are nested as deep as the pickle is long. Nothing here recurses.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "encoding/pickle/limits.hpp"
#include "encoding/pickle/nodes.hpp"

namespace aerotool::pickle {

/// What a node refers to, by number: of a call or object target, arguments, named arguments and state, then
/// the items, then the pairs, key before value. Some are kNoNode.
class Children {
 public:
  Children(const Nodes& nodes, NodeId id);
  std::size_t size() const { return parts_ + items_.size() + 2 * pairs_.size(); }
  NodeId operator[](std::size_t number) const;

 private:
  const Nodes& nodes_;
  NodeId id_;
  std::size_t parts_;  // before the items
  std::span<const NodeId> items_;
  std::span<const Pair> pairs_;
};

/// Calls `visit` for every node that can be reached from `root`, for each once, a node before what it refers
/// to, in the order of Children. What a node refers to is left out where `visit` returns false, unless
/// something else leads there.
void for_each_node(const Nodes& nodes, NodeId root, const std::function<bool(NodeId)>& visit);

/// Whether containers are nested deeper than `most` below `root`, whatever way leads there; a way that comes
/// back to where it was is not followed. A call or object is one level with its tuple of arguments and its
/// dict of attributes.
bool is_deeper_than(const Nodes& nodes, NodeId root, std::size_t most);

/// Where a walk along every path is: it says when to turn back.
class Path {
 public:
  enum class Step : std::uint8_t {
    entered,
    inside_itself,  ///< the node is on the way here already
    too_deep,       ///< more than two nodes for each of kMaxDepth levels
    too_many,       ///< more than kMaxSteps were entered
  };

  /// leave() has to follow where the step is `entered`, and nowhere else.
  Step enter(NodeId id);
  void leave() { way_.pop_back(); }
  std::size_t depth() const { return way_.size(); }

 private:
  std::vector<NodeId> way_;
  std::uint64_t steps_ = 0;
};

}  // namespace aerotool::pickle

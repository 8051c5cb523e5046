#include "formats/torch/holding.hpp"

#include "encoding/pickle/walk.hpp"

namespace aerotool::torch {

using pickle::NodeId;

Holding::Holding(const pickle::Nodes& nodes, NodeId root) : found_(nodes.size(), kUnseen) {
  struct Frame {
    NodeId id = pickle::kNoNode;
    std::size_t next = 0;
    bool leads = false;
  };
  std::vector<Frame> way;
  const auto enter = [&](NodeId id) {
    found_[static_cast<std::size_t>(id)] = kOpen;
    way.push_back({id, 0, nodes.kind(id) == pickle::Kind::record});
  };
  if (root != pickle::kNoNode) enter(root);
  while (!way.empty()) {
    Frame& frame = way.back();
    const pickle::Children children(nodes, frame.id);
    if (frame.next == children.size()) {
      const bool leads = frame.leads;
      found_[static_cast<std::size_t>(frame.id)] = leads ? kYes : kNo;
      way.pop_back();
      if (!way.empty() && leads) way.back().leads = true;
      continue;
    }
    const NodeId child = children[frame.next++];
    if (child == pickle::kNoNode) continue;
    const std::uint8_t known = found_[static_cast<std::size_t>(child)];
    // What is open is on the way here: where that leads to is not known yet.
    if (known == kYes || known == kOpen) frame.leads = true;
    if (known == kUnseen) enter(child);
  }
}

}  // namespace aerotool::torch

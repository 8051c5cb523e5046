// Which nodes of a checkpoint lead to tensors at all: no other is walked along its paths, of which a few
// lists that each hold the one before twice have 2^40.
#pragma once

#include <cstdint>
#include <vector>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::torch {

class Holding {
 public:
  /// Looks at every node that can be reached from `root` once.
  Holding(const pickle::Nodes& nodes, pickle::NodeId root);

  /// Whether a record can be reached from a node, whatever leads there. One that lies in itself counts.
  bool leads_to_record(pickle::NodeId id) const { return found_[static_cast<std::size_t>(id)] == kYes; }

 private:
  static constexpr std::uint8_t kUnseen = 0;
  static constexpr std::uint8_t kOpen = 1;
  static constexpr std::uint8_t kNo = 2;
  static constexpr std::uint8_t kYes = 3;

  std::vector<std::uint8_t> found_;  // by node
};

}  // namespace aerotool::torch

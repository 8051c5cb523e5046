#include "encoding/pickle/walk.hpp"

#include <algorithm>

namespace aerotool::pickle {
namespace {

constexpr std::size_t kParts = 4;

std::size_t parts_of(Kind kind) {
  if (kind == Kind::call || kind == Kind::object) return kParts;
  return kind == Kind::persistent ? 1 : 0;
}

/// How deep containers are nested, by a depth-first walk that keeps for each node what it has found.
class Heights {
 public:
  Heights(const Nodes& nodes, std::size_t most)
      : nodes_(nodes), most_(most), heights_(nodes.size(), kUnseen) {}

  bool exceeds(NodeId root) {
    enter(root);
    while (!way_.empty()) {
      Frame& frame = way_.back();
      const Children children(nodes_, frame.id);
      if (frame.next == children.size()) {
        if (frame.height > most_) return true;
        heights_[index(frame.id)] = static_cast<std::uint8_t>(frame.height);
        const Frame done = frame;
        way_.pop_back();
        if (!way_.empty()) way_.back().raise(done.height + (done.is_joined ? 0 : 1));
        continue;
      }
      const std::size_t number = frame.next++;
      const NodeId child = children[number];
      if (child == kNoNode) continue;
      const bool joined = is_joined(frame.id, number, child);
      const std::uint8_t known = heights_[index(child)];
      if (known == kUnseen) {
        enter(child);
        way_.back().is_joined = joined;
      } else if (known != kOpen) {
        frame.raise(known + (joined ? std::size_t{0} : std::size_t{1}));
      }
    }
    return false;
  }

 private:
  struct Frame {
    NodeId id = kNoNode;
    std::size_t next = 0;
    std::size_t height = 0;
    bool is_joined = false;
    void raise(std::size_t least) { height = std::max(height, least); }
  };

  static constexpr std::uint8_t kUnseen = 0xff;
  static constexpr std::uint8_t kOpen = 0xfe;

  static std::size_t index(NodeId id) { return static_cast<std::size_t>(id); }

  /// Whether the child is one level with the node: the arguments and attributes of a call or object.
  bool is_joined(NodeId id, std::size_t number, NodeId child) const {
    const Kind kind = nodes_.kind(child);
    return parts_of(nodes_.kind(id)) == kParts && number > 0 && number < kParts &&
           (kind == Kind::tuple || kind == Kind::dict);
  }

  bool is_container(NodeId id) const {
    switch (nodes_.kind(id)) {
      case Kind::tuple:
      case Kind::list:
      case Kind::dict:
      case Kind::set:
      case Kind::frozen_set:
      case Kind::call:
      case Kind::object:
      case Kind::persistent:
        return true;
      default:
        return false;
    }
  }

  void enter(NodeId id) {
    heights_[index(id)] = kOpen;
    way_.push_back(
        {.id = id, .next = 0, .height = is_container(id) ? std::size_t{1} : 0, .is_joined = false});
  }

  const Nodes& nodes_;
  std::size_t most_;
  std::vector<std::uint8_t> heights_;
  std::vector<Frame> way_;
};

}  // namespace

Children::Children(const Nodes& nodes, NodeId id)
    : nodes_(nodes),
      id_(id),
      parts_(parts_of(nodes.kind(id))),
      items_(nodes.items(id)),
      pairs_(nodes.pairs(id)) {}

NodeId Children::operator[](std::size_t number) const {
  if (number >= parts_) {
    number -= parts_;
    if (number < items_.size()) return items_[number];
    number -= items_.size();
    const Pair& pair = pairs_[number / 2];
    return number % 2 == 0 ? pair.key : pair.value;
  }
  if (parts_ == 1) return nodes_.persistent_value(id_);
  switch (number) {
    case 0:
      return nodes_.target(id_);
    case 1:
      return nodes_.arguments(id_);
    case 2:
      return nodes_.named_arguments(id_);
    default:
      return nodes_.state(id_);
  }
}

void for_each_node(const Nodes& nodes, NodeId root, const std::function<bool(NodeId)>& visit) {
  struct Place {
    NodeId id = kNoNode;
    std::size_t next = 0;
  };
  std::vector<bool> seen(nodes.size());
  std::vector<Place> way;
  const auto reach = [&](NodeId id) {
    if (id == kNoNode || seen[static_cast<std::size_t>(id)]) return;
    seen[static_cast<std::size_t>(id)] = true;
    if (visit(id)) way.push_back({id, 0});
  };
  reach(root);
  while (!way.empty()) {
    Place& place = way.back();
    const Children children(nodes, place.id);
    if (place.next == children.size()) {
      way.pop_back();
    } else {
      reach(children[place.next++]);
    }
  }
}

bool is_deeper_than(const Nodes& nodes, NodeId root, std::size_t most) {
  return Heights(nodes, std::min<std::size_t>(most, 250)).exceeds(root);
}

Path::Step Path::enter(NodeId id) {
  if (std::find(way_.begin(), way_.end(), id) != way_.end()) return Step::inside_itself;
  if (way_.size() == 2 * kMaxDepth) return Step::too_deep;
  if (steps_ == kMaxSteps) return Step::too_many;
  ++steps_;
  way_.push_back(id);
  return Step::entered;
}

}  // namespace aerotool::pickle

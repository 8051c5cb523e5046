// How the nodes of a pickle are made; what is made is looked at through Nodes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::pickle {

/// More memory would be taken than is allowed.
struct MemorySpent {};

/// Whoever makes a node has a reference to it. A node takes over the references to those that it is made of.
/// Throws MemorySpent.
class NodeStore final : public Nodes {
 public:
  NodeStore(Bytes pickle, std::uint64_t most);

  NodeId make_none() const { return NodeId{kNone}; }
  NodeId make_boolean(bool value) const { return NodeId{value ? kTrue : kFalse}; }
  NodeId make_empty_tuple() const { return NodeId{kEmptyTuple}; }
  NodeId make_integer(std::int64_t value);
  NodeId make_floating(double value);
  /// A text, bytes, a byte array or a long integer that stands in the pickle.
  NodeId make_view(Kind kind, std::string_view in_pickle, bool python2 = false);
  /// One that does not.
  NodeId make_owned(Kind kind, std::string text, bool python2 = false);
  /// A tuple, list, set or frozen set.
  NodeId make_sequence(Kind kind, std::span<const NodeId> items);
  NodeId make_dict();
  /// Nothing where there are too many.
  std::optional<NodeId> make_global(std::string_view module, std::string_view name, std::uint64_t offset);
  NodeId make_call(NodeId target, NodeId arguments);
  NodeId make_object(NodeId target, NodeId arguments, NodeId named_arguments);
  NodeId make_persistent(NodeId value);

  /// To a list, set, call or object.
  void append(NodeId id, std::span<const NodeId> items);
  /// To a dict, call or object: keys and values in turn.
  void set(NodeId id, std::span<const NodeId> keys_and_values);
  /// Of a call or object, which has none yet.
  void set_state(NodeId id, NodeId state);

  bool is_hashable(NodeId id) const { return (at(id).flags & kUnhashable) == 0; }
  Global& global_of(NodeId id) { return globals_[at(id).first]; }
  Globals& met() { return globals_; }

  /// Counts bytes that somebody is about to take.
  void charge(std::uint64_t bytes) {
    if (memory_ > most_ || bytes > most_ - memory_) throw MemorySpent();
    memory_ += bytes;
  }
  void discharge(std::uint64_t bytes) { memory_ -= bytes; }
  std::uint64_t most() const { return most_; }

  /// Makes room for more elements, of which the vector will have twice as many as before at least.
  template <typename T>
  void make_room(std::vector<T>& vector, std::size_t more) {
    constexpr std::size_t kFirst = 4;
    const std::size_t before = vector.capacity();
    const std::size_t needed = vector.size() + more;
    if (needed <= before) return;
    const std::size_t wanted = std::max({needed, 2 * before, kFirst});
    charge((wanted - before) * sizeof(T));
    vector.reserve(wanted);
    // The library may have taken another number than it was asked for.
    memory_ += vector.capacity() * sizeof(T);
    memory_ -= wanted * sizeof(T);
  }

 private:
  static constexpr std::uint32_t kNone = 0;
  static constexpr std::uint32_t kFalse = 1;
  static constexpr std::uint32_t kTrue = 2;
  static constexpr std::uint32_t kEmptyTuple = 3;
  static constexpr std::uint32_t kZero = 4;
  static constexpr std::int64_t kSmallIntegers = 256;  // these have a node that all share

  NodeId make(Kind kind, std::uint64_t first, std::uint64_t second = 0, std::uint8_t flags = 0);
  void pin(Kind kind, std::uint64_t first);
  template <typename T>
  std::uint64_t slot_in(Arena<T>& arena);
  std::uint64_t new_parts(NodeId target, NodeId arguments, NodeId named_arguments);

  std::uint64_t most_;
  std::vector<NodeId> global_nodes_;  // of each global, in the order of globals_; kNoNode where none was made
};

}  // namespace aerotool::pickle

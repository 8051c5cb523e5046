// What a pickle describes, as nodes that are looked at and never run: a global is two strings, a call is what
// would be called and with what.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "encoding/pickle/globals.hpp"

namespace aerotool::pickle {

enum class Kind : std::uint8_t {
  none,
  boolean,
  integer,       ///< 64 bits
  long_integer,  ///< more: little-endian bytes in two's complement, the fewest that hold it
  floating,
  text,
  bytes,
  byte_array,
  tuple,
  list,
  dict,
  set,
  frozen_set,
  global,
  call,        ///< of REDUCE: a target with arguments
  object,      ///< of NEWOBJ and NEWOBJ_EX: a class with arguments
  persistent,  ///< of BINPERSID: a value that names something outside the pickle
  record,      ///< what a Handler has made of one of the last three, or of a container
  freed,       ///< nothing: no node that can be reached
};

/// Names a node of a Nodes. A node that nothing refers to any more is freed, and its id given to another one.
enum class NodeId : std::uint32_t {};

/// Where there is no node.
inline constexpr NodeId kNoNode{0xffffffff};

/// A key and its value.
struct Pair {
  NodeId key = kNoNode;
  NodeId value = kNoNode;
};

/// What a Handler keeps in the place of a node; what it means is the handler's business.
struct Record {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// The nodes of a pickle. To ask a node for what its kind has not is allowed: the answer is empty, false,
/// zero or kNoNode, also where the id is kNoNode. Views stay good until a node is released or the pickle is
/// read on.
///
/// A graph, and a hostile one: nodes are shared, may lie inside themselves, and a few of them may stand for
/// 2^40 paths. Walk with walk.hpp.
class Nodes {
 public:
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  Kind kind(NodeId id) const;

  bool boolean(NodeId id) const;
  std::int64_t integer(NodeId id) const;
  double floating(NodeId id) const;
  /// Of a text, bytes, a byte array or a long integer. A text is UTF-8 that may hold surrogates, but for that
  /// of Python 2.
  std::string_view text(NodeId id) const;
  /// Whether a text is a `str` of Python 2 (STRING, BINSTRING, SHORT_BINSTRING), which may be any bytes.
  bool is_python2_text(NodeId id) const;

  /// Of a tuple, list, set or frozen set in their order; of a call or object what was appended or added to
  /// it.
  std::span<const NodeId> items(NodeId id) const;
  /// Of a dict in their order, keys perhaps twice; of a call or object what was set on it.
  std::span<const Pair> pairs(NodeId id) const;
  /// In a dict, or among the pairs set on a call or object: the value of the last key that is this text.
  NodeId find(NodeId id, std::string_view key) const;

  /// The names of a global; empty ones for what is none.
  const Global& global(NodeId id) const;
  /// What is called, or the class: a global, or whatever else (see Trick::call).
  NodeId target(NodeId id) const;
  /// The arguments of a call or object: a tuple.
  NodeId arguments(NodeId id) const;
  /// Those by name: a dict; only NEWOBJ_EX has any.
  NodeId named_arguments(NodeId id) const;
  /// What BUILD gave a call or object, most often a dict of attributes.
  NodeId state(NodeId id) const;
  /// What names the thing outside.
  NodeId persistent_value(NodeId id) const;
  Record record(NodeId id) const;

  /// "a list", "os.system", "a call of os.system", "an object of argparse.Namespace"; escaped for a message.
  std::string describe(NodeId id) const;

  /// Every global that was met, in the order in which each was met first.
  const Globals& globals() const { return globals_; }
  /// Bytes that count against Limits::memory.
  std::uint64_t memory() const { return memory_; }
  /// Every id is below this.
  std::size_t size() const { return nodes_.size(); }

  /// Keeps a node, and what it refers to, until it is released.
  void retain(NodeId id);
  void release(NodeId id);

  /// Makes a record of a dict, list, set, call, object, persistent or record, in its place: whatever refers
  /// to it refers to the record. What it referred to itself is let go. False for any other kind, which stays.
  bool become_record(NodeId id, Record record);

 protected:
  /// A slot for each thing that is too large for a node; those that are free are used again.
  template <typename T>
  class Arena {
   public:
    T& operator[](std::uint64_t index) { return slots_[index]; }
    const T& operator[](std::uint64_t index) const { return slots_[index]; }
    bool will_grow() const { return free_.empty(); }
    std::uint64_t take() {
      if (free_.empty()) {
        slots_.emplace_back();
        return slots_.size() - 1;
      }
      const std::uint64_t index = free_.back();
      free_.pop_back();
      return index;
    }
    void give(std::uint64_t index) {
      slots_[index] = T();
      free_.push_back(static_cast<std::uint32_t>(index));
    }

   private:
    std::deque<T> slots_;
    std::vector<std::uint32_t> free_;
  };

  struct Node {
    std::uint32_t references = 0;
    Kind kind = Kind::freed;
    std::uint8_t flags = 0;
    // Numbers and records themselves; a text's offset in the pickle, or its slot, and its length; else a
    // slot.
    std::uint64_t first = 0;
    std::uint64_t second = 0;
  };

  struct Parts {
    NodeId target = kNoNode;
    NodeId arguments = kNoNode;
    NodeId named_arguments = kNoNode;
    NodeId state = kNoNode;
    std::vector<NodeId> items;
    std::vector<Pair> pairs;
  };

  static constexpr std::uint8_t kOwned = 1;       // a text that lies in a slot
  static constexpr std::uint8_t kPython2 = 2;     // a text of Python 2
  static constexpr std::uint8_t kUnhashable = 4;  // cannot be a key
  static constexpr std::uint8_t kPinned = 8;      // is shared by all, and never freed

  explicit Nodes(Bytes pickle) : pickle_(std::move(pickle)) {}
  ~Nodes() = default;

  Node& at(NodeId id) { return nodes_[static_cast<std::uint32_t>(id)]; }
  const Node& at(NodeId id) const { return nodes_[static_cast<std::uint32_t>(id)]; }
  bool has_parts(NodeId id) const { return kind(id) == Kind::call || kind(id) == Kind::object; }
  const Parts* parts(NodeId id) const { return has_parts(id) ? &parts_[at(id).first] : nullptr; }
  /// One reference less; without any it is freed by free_unreferenced().
  void let_go(NodeId id);
  void let_go(const std::vector<NodeId>& items);
  void let_go(const std::vector<Pair>& pairs);
  /// Lets go of what a node refers to, and gives up its slot.
  void empty(Node& node);
  void free_unreferenced();

  Bytes pickle_;
  Globals globals_;
  std::deque<Node> nodes_;
  NodeId free_ = kNoNode;  // the first free node; each has the next one
  Arena<std::vector<NodeId>> items_;
  Arena<std::vector<Pair>> pairs_;
  Arena<Parts> parts_;
  Arena<std::string> texts_;
  std::vector<NodeId> unreferenced_;  // while nodes are freed: those whose turn will come
  std::uint64_t memory_ = 0;
};

}  // namespace aerotool::pickle

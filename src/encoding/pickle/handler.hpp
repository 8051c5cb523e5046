// What a user of the reader is told while a pickle is read, so that a pickle of millions of small objects
// never stands as millions of nodes.
#pragma once

#include <cstdint>
#include <span>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::pickle {

enum class Change : std::uint8_t {
  set,     ///< SETITEM, SETITEMS, DICT: keys and values in turn
  append,  ///< APPEND, APPENDS
  add,     ///< ADDITEMS
};

/// Each function is called at the opcode that it names, with the nodes as they are then: arguments are there,
/// and what comes later (items, a state) is not. A handler may look at all nodes, retain those that it wants
/// to keep, turn the node that it is given into a record (Nodes::become_record), and throw what ends the
/// reading: to refuse a call is to throw. `offset` is where the opcode stands in the path of the source.
class Handler {
 public:
  virtual ~Handler() = default;

  /// REDUCE: `call` has its target and arguments.
  virtual void called(Nodes& /*nodes*/, NodeId /*call*/, std::uint64_t /*offset*/) {}
  /// NEWOBJ, NEWOBJ_EX: `object` has its class and arguments. Its state most often follows.
  virtual void instantiated(Nodes& /*nodes*/, NodeId /*object*/, std::uint64_t /*offset*/) {}
  /// BUILD: a call or object has got its state.
  virtual void built(Nodes& /*nodes*/, NodeId /*node*/, std::uint64_t /*offset*/) {}
  /// BINPERSID: `persistent` has its value.
  virtual void named(Nodes& /*nodes*/, NodeId /*persistent*/, std::uint64_t /*offset*/) {}

  /// Items are about to be added to a dict, list, set, call, object or record. True where the handler has
  /// taken what it wants of them, and they are to be let go; else they become the node's own. A record has
  /// nowhere to put them: false refuses the pickle.
  virtual bool take_items(Nodes& /*nodes*/, NodeId /*target*/, Change /*change*/,
                          std::span<const NodeId> /*items*/, std::uint64_t /*offset*/) {
    return false;
  }
  /// BUILD on a record: whether it is accepted. The state is let go.
  virtual bool take_state(Nodes& /*nodes*/, NodeId /*record*/, NodeId /*state*/, std::uint64_t /*offset*/) {
    return false;
  }
};

}  // namespace aerotool::pickle

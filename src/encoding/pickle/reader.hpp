// Reads pickles of protocols 0 to 5 without running anything: no name is looked up, nothing is imported,
// nothing called. What torch, NumPy or anybody else means by a global is not known here: a Handler
// (handler.hpp) or whoever walks the nodes (nodes.hpp, walk.hpp) says.
//
//   pickle::Reader reader({.bytes = input.view(0, size), .path = input.name(), .offset = 0});
//   reader.read();
//   reader.note_rest();
//   const pickle::Nodes& nodes = reader.nodes();
//   for (const pickle::Pair& pair : nodes.pairs(reader.root())) ...
//
// The facts: src/encoding/pickle/FORMAT.md.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "encoding/pickle/globals.hpp"
#include "encoding/pickle/handler.hpp"
#include "encoding/pickle/limits.hpp"
#include "encoding/pickle/nodes.hpp"
#include "encoding/pickle/oddity.hpp"
#include "encoding/pickle/source.hpp"

namespace aerotool::pickle {

class NodeStore;

class Reader {
 public:
  /// The handler, if there is one, is called while read() runs.
  explicit Reader(Source source, const Limits& limits = {}, Handler* handler = nullptr);
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Reads up to STOP, once. Throws CorruptError for what Python does not read either or two readers could
  /// see different things in; UnsupportedError for what is well formed and not read, and for what is more
  /// than the limits; and what the handler throws. Each has the offset in the path of the source.
  void read();

  /// For a pickle that should be the last thing in its bytes: notes an oddity where anything follows STOP,
  /// and meets the globals of a pickle there.
  void note_rest();

  /// What the pickle describes; kNoNode where read() has thrown.
  NodeId root() const { return root_; }
  Nodes& nodes();
  const Nodes& nodes() const;
  /// How many bytes of the source the pickle has, STOP included.
  std::uint64_t length() const { return length_; }

  // These are there when read() has thrown, too.

  /// In the order in which they were met. Those that an error kept from being read are marked as unread, and
  /// so are those behind STOP.
  const std::vector<Global>& globals() const;
  /// What two readers could see different things in, by offset; all that is read is right.
  const std::vector<Oddity>& oddities() const { return oddities_.list(); }

 private:
  Source source_;
  Limits limits_;
  Handler* handler_;
  Oddities oddities_;
  std::unique_ptr<NodeStore> nodes_;
  NodeId root_ = kNoNode;
  std::uint64_t length_ = 0;
};

}  // namespace aerotool::pickle

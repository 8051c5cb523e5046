#include "encoding/pickle/reader.hpp"

#include <string>

#include "core/text.hpp"
#include "encoding/pickle/machine.hpp"
#include "encoding/pickle/outline.hpp"
#include "encoding/pickle/sweep.hpp"
#include "encoding/pickle/walk.hpp"

namespace aerotool::pickle {
namespace {

bool holds_pickle(const Source& source, const Limits& limits) {
  try {
    return length_of_pickle(source, limits).has_value();
  } catch (const ContentError&) {
    return false;
  }
}

}  // namespace

Reader::Reader(Source source, const Limits& limits, Handler* handler)
    : source_(std::move(source)),
      limits_(limits),
      handler_(handler),
      nodes_(std::make_unique<NodeStore>(source_.bytes, limits.memory)) {}

Reader::~Reader() = default;

Nodes& Reader::nodes() {
  return *nodes_;
}

const Nodes& Reader::nodes() const {
  return *nodes_;
}

const std::vector<Global>& Reader::globals() const {
  return nodes_->globals().list();
}

void Reader::read() {
  const Outline outline = outline_of(source_, limits_, oddities_);
  Machine machine(source_, outline, *nodes_, handler_, oddities_);
  NodeId root = kNoNode;
  try {
    root = machine.run();
  } catch (const ContentError&) {
    oddities_.sort();
    sweep(source_, machine.offset(), limits_, nodes_->met());
    throw;
  }
  oddities_.sort();
  length_ = outline.end;
  if (is_deeper_than(*nodes_, root, kMaxDepth)) {
    throw UnsupportedError(
        source_.where(machine.offset()),
        "the pickle's containers are nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  root_ = root;
}

void Reader::note_rest() {
  const std::uint64_t count = source_.bytes.size() - length_;
  if (root_ == kNoNode || count == 0) return;
  const Source rest{.bytes = {source_.bytes.view.subspan(length_), source_.bytes.owner},
                    .path = source_.path,
                    .offset = source_.offset + length_};
  const bool pickle = holds_pickle(rest, limits_);
  oddities_.add(Trick::rest, rest.offset,
                pickle ? "another pickle follows STOP"
                       : plural(count, "byte") + (count == 1 ? " follows STOP" : " follow STOP"));
  sweep(rest, 0, limits_, nodes_->met());
}

}  // namespace aerotool::pickle

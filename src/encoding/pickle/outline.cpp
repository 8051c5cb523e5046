#include "encoding/pickle/outline.hpp"

#include <algorithm>
#include <string>

#include "core/text.hpp"
#include "encoding/pickle/instructions.hpp"
#include "encoding/pickle/memo_index.hpp"
#include "io/interrupt.hpp"

namespace aerotool::pickle {
namespace {

/// Follows the opcodes that only say how the pickle is written, and those of the memo.
class Survey {
 public:
  Survey(const Source& source, const Limits& limits, Oddities& oddities, Outline& outline)
      : source_(source),
        limits_(limits),
        oddities_(oddities),
        outline_(outline),
        instructions_(source, 0, std::min<std::uint64_t>(source.bytes.size(), limits.bytes)) {}

  void run() {
    const std::uint64_t most = std::min(limits_.opcodes, kMostOpcodes);
    for (bool more = true; more; ++outline_.opcodes) {
      if (outline_.opcodes % kOpcodesInterrupted == 0) io::check_interrupt();
      outline_.end = instructions_.offset();
      if (outline_.opcodes == most) {
        throw UnsupportedError(source_.where(outline_.end),
                               "the pickle has more than " + with_thousands(most) + " opcodes");
      }
      const Instruction instruction = instructions_.next();
      look_at(instruction);
      more = instruction.opcode != Opcode::stop;
    }
    outline_.end = instructions_.offset();
  }

 private:
  void look_at(const Instruction& instruction) {
    const std::uint64_t end = instructions_.offset();
    if (instruction.offset < frame_end_) look_at_frame(instruction, end);
    switch (instruction.opcode) {
      case Opcode::proto:
        look_at_protocol(instruction);
        break;
      case Opcode::frame:
        begin_frame(instruction, end);
        break;
      case Opcode::memoize:
        memo_.memoize();
        break;
      case Opcode::put:
      case Opcode::binput:
      case Opcode::long_binput:
        memo_.put(checked_index(instruction));
        break;
      case Opcode::get:
      case Opcode::binget:
      case Opcode::long_binget:
        fetch(instruction);
        break;
      default:
        break;
    }
  }

  void look_at_protocol(const Instruction& instruction) {
    if (instruction.number > kMaxProtocol) {
      throw UnsupportedError(source_.where(instruction.offset),
                             "pickles of protocol " + std::to_string(instruction.number) + " are not read");
    }
    if (has_protocol_) {
      oddity(Trick::protocol, instruction.offset, "PROTO stands twice");
    } else if (instruction.offset != 0) {
      oddity(Trick::protocol, instruction.offset, "PROTO is not the first opcode");
    }
    has_protocol_ = true;
  }

  void begin_frame(const Instruction& instruction, std::uint64_t end) {
    if (instruction.number > source_.bytes.size() - end) {
      throw CorruptError(
          source_.where(instruction.offset),
          "a frame of " + std::to_string(instruction.number) + " bytes does not fit in the bytes left",
          Code::short_file);
    }
    frame_end_ = end + instruction.number;
  }

  void look_at_frame(const Instruction& instruction, std::uint64_t end) {
    const std::string name(name_of(instruction.opcode));
    if (instruction.opcode == Opcode::frame) {
      oddity(Trick::frame, instruction.offset, "a frame begins inside another one");
    } else if (end > frame_end_) {
      oddity(Trick::frame, instruction.offset, name + " does not end where its frame does");
    } else if (instruction.opcode == Opcode::stop && end != frame_end_) {
      oddity(Trick::frame, instruction.offset, "STOP stands before the end of its frame");
    }
  }

  std::uint64_t checked_index(const Instruction& instruction) {
    const std::uint64_t index = memo_index(source_, instruction);
    if (index > outline_.opcodes) {
      throw CorruptError(source_.where(instruction.offset),
                         std::string(name_of(instruction.opcode)) + " of index " + std::to_string(index) +
                             " of the memo, which is more than the opcodes before it");
    }
    return index;
  }

  void fetch(const Instruction& instruction) {
    const std::uint64_t index = checked_index(instruction);
    if (!memo_.has(index)) {
      throw CorruptError(source_.where(instruction.offset),
                         "index " + std::to_string(index) + " of the memo is fetched before it was put");
    }
    outline_.fetched.add(index);
    if (outline_.fetched.count() > kMaxMemo) {
      throw UnsupportedError(
          source_.where(instruction.offset),
          "the pickle fetches more than " + with_thousands(kMaxMemo) + " entries of its memo");
    }
  }

  void oddity(Trick trick, std::uint64_t offset, std::string message) {
    oddities_.add(trick, source_.offset + offset, std::move(message));
  }

  const Source& source_;
  const Limits& limits_;
  Oddities& oddities_;
  Outline& outline_;
  Instructions instructions_;
  MemoIndexes memo_;
  std::uint64_t frame_end_ = 0;
  bool has_protocol_ = false;
};

UnsupportedError too_long(const Source& source, const Limits& limits, std::uint64_t at) {
  return {source.where(at), "the pickle is longer than " + human_size(limits.bytes)};
}

}  // namespace

Outline outline_of(const Source& source, const Limits& limits, Oddities& oddities) {
  Outline outline;
  try {
    Survey(source, limits, oddities, outline).run();
  } catch (const ContentError& error) {
    const bool cut = error.code() == Code::short_file && source.bytes.size() > limits.bytes;
    outline.broken =
        cut ? std::make_exception_ptr(too_long(source, limits, outline.end)) : std::current_exception();
  }
  return outline;
}

std::optional<std::uint64_t> length_of_pickle(const Source& source, const Limits& limits) {
  Oddities ignored;
  const Outline outline = outline_of(source, limits, ignored);
  if (!outline.broken) return outline.end;
  try {
    std::rethrow_exception(outline.broken);
  } catch (const CorruptError& error) {
    if (error.code() != Code::short_file) throw;
  }
  return std::nullopt;
}

}  // namespace aerotool::pickle

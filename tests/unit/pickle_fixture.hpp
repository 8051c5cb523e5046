// Pickles by hand, and their nodes as text.
#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/reader.hpp"
#include "encoding/pickle/walk.hpp"
#include "files.hpp"

namespace aerotool::test {

/// A little-endian number of `width` bytes.
inline std::string le(std::uint64_t value, std::size_t width) {
  std::string bytes;
  for (; width > 0; --width, value >>= 8) bytes.push_back(static_cast<char>(value & 0xff));
  return bytes;
}

/// BINUNICODE
inline std::string text_opcode(std::string_view text) {
  return "X" + le(text.size(), 4) + std::string(text);
}

inline std::string short_text(std::string_view text) {
  return "\x8c" + le(text.size(), 1) + std::string(text);
}

/// Nodes as Python would print them; a way that comes back to itself is cut.
class PickleText {
 public:
  explicit PickleText(const pickle::Nodes& nodes) : nodes_(nodes) {}

  std::string of(pickle::NodeId id) {
    using pickle::Kind;
    if (path_.enter(id) != pickle::Path::Step::entered) return "...";
    std::string text;
    switch (nodes_.kind(id)) {
      case Kind::none:
        text = "None";
        break;
      case Kind::boolean:
        text = nodes_.boolean(id) ? "True" : "False";
        break;
      case Kind::integer:
        text = std::to_string(nodes_.integer(id));
        break;
      case Kind::long_integer:
        text = "long " + to_hex(bytes_of(nodes_.text(id)));
        break;
      case Kind::floating:
        text = number(nodes_.floating(id));
        break;
      case Kind::text:
        text = (nodes_.is_python2_text(id) ? "s'" : "'") + escape_controls(nodes_.text(id)) + "'";
        break;
      case Kind::bytes:
        text = "b'" + to_hex(bytes_of(nodes_.text(id))) + "'";
        break;
      case Kind::byte_array:
        text = "bytearray '" + to_hex(bytes_of(nodes_.text(id))) + "'";
        break;
      case Kind::tuple:
        text = "(" + items(id) + ")";
        break;
      case Kind::list:
        text = "[" + items(id) + "]";
        break;
      case Kind::set:
        text = "set{" + items(id) + "}";
        break;
      case Kind::frozen_set:
        text = "frozenset{" + items(id) + "}";
        break;
      case Kind::dict:
        text = "{" + pairs(id) + "}";
        break;
      case Kind::global:
        text = nodes_.global(id).full_name();
        break;
      case Kind::call:
        text = of(nodes_.target(id)) + of(nodes_.arguments(id)) + rest(id);
        break;
      case Kind::object:
        text = "new " + of(nodes_.target(id)) + of(nodes_.arguments(id)) + rest(id);
        break;
      case Kind::persistent:
        text = "persistent " + of(nodes_.persistent_value(id));
        break;
      case Kind::record:
        text = "record " + std::to_string(nodes_.record(id).first);
        break;
      case Kind::freed:
        text = "freed";
        break;
    }
    path_.leave();
    return text;
  }

 private:
  static std::string number(double value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", value);
    return text;
  }

  std::string items(pickle::NodeId id) {
    std::string text;
    for (const pickle::NodeId item : nodes_.items(id)) text += (text.empty() ? "" : ", ") + of(item);
    return text;
  }

  std::string pairs(pickle::NodeId id) {
    std::string text;
    for (const auto& [key, value] : nodes_.pairs(id))
      text += (text.empty() ? "" : ", ") + of(key) + ": " + of(value);
    return text;
  }

  std::string rest(pickle::NodeId id) {
    std::string text;
    if (nodes_.named_arguments(id) != pickle::kNoNode) text += " named " + of(nodes_.named_arguments(id));
    if (!nodes_.items(id).empty()) text += "[" + items(id) + "]";
    if (!nodes_.pairs(id).empty()) text += "{" + pairs(id) + "}";
    if (nodes_.state(id) != pickle::kNoNode) text += " state " + of(nodes_.state(id));
    return text;
  }

  const pickle::Nodes& nodes_;
  pickle::Path path_;
};

/// A pickle that has been read, or has not.
class ReadPickle {
 public:
  explicit ReadPickle(std::string bytes, const pickle::Limits& limits = {},
                      pickle::Handler* handler = nullptr)
      : reader_({.bytes = Bytes::own(std::move(bytes)), .path = "p", .offset = 0}, limits, handler) {
    try {
      reader_.read();
      reader_.note_rest();
    } catch (const UnsupportedError& error) {
      error_ = "unsupported: " + std::string(error.what());
    } catch (const CorruptError& error) {
      error_ = error.what();
    }
  }

  pickle::Reader& reader() { return reader_; }
  const pickle::Nodes& nodes() const { return reader_.nodes(); }
  pickle::NodeId root() const { return reader_.root(); }
  /// Empty where it was read.
  const std::string& error() const { return error_; }
  /// The value, or the error.
  std::string text() const {
    return error_.empty() ? PickleText(reader_.nodes()).of(reader_.root()) : error_;
  }
  /// "os.system called, ..."
  std::string globals() const {
    std::string text;
    for (const pickle::Global& global : reader_.globals()) {
      text += (text.empty() ? "" : ", ") + global.full_name();
      if (global.called) text += " called";
      if (global.instantiated) text += " instantiated";
      if (global.built) text += " built";
      if (global.unread) text += " unread";
    }
    return text;
  }
  /// "at 2: PROTO stands twice; ..."
  std::string oddities() const {
    std::string text;
    for (const pickle::Oddity& oddity : reader_.oddities())
      text += (text.empty() ? "" : "; ") + std::to_string(oddity.offset) + ": " + oddity.message;
    return text;
  }

 private:
  pickle::Reader reader_;
  std::string error_;
};

/// The value that a pickle describes, or what is wrong with it.
inline std::string unpickled(std::string bytes) {
  return ReadPickle(std::move(bytes)).text();
}

}  // namespace aerotool::test

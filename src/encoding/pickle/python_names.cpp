#include "encoding/pickle/python_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace aerotool::pickle {
namespace {

struct Renamed {
  Name before;
  Name now;  // no name: all of the module
};

// Of Python's Lib/_compat_pickle.py, which Python 3 reads protocols 0 to 2 by.
constexpr std::array kRenamed{
    Renamed{{"__builtin__", "xrange"}, {"builtins", "range"}},
    Renamed{{"__builtin__", "unicode"}, {"builtins", "str"}},
    Renamed{{"__builtin__", "long"}, {"builtins", "int"}},
    Renamed{{"__builtin__", "unichr"}, {"builtins", "chr"}},
    Renamed{{"__builtin__", "reduce"}, {"functools", "reduce"}},
    Renamed{{"__builtin__", "intern"}, {"sys", "intern"}},
    Renamed{{"__builtin__", ""}, {"builtins", ""}},
    Renamed{{"copy_reg", ""}, {"copyreg", ""}},
    Renamed{{"exceptions", ""}, {"builtins", ""}},
    Renamed{{"cPickle", ""}, {"pickle", ""}},
    Renamed{{"commands", ""}, {"subprocess", ""}},
    Renamed{{"urllib2", ""}, {"urllib.request", ""}},
    Renamed{{"httplib", ""}, {"http.client", ""}},
    Renamed{{"StringIO", ""}, {"io", ""}},
    Renamed{{"cStringIO", ""}, {"io", ""}},
    Renamed{{"thread", ""}, {"_thread", ""}},
};

bool is_latin1(std::string_view name) {
  constexpr std::array<std::string_view, 4> kNames{"latin1", "latin-1", "iso-8859-1", "iso8859-1"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// UTF-8 in latin-1; nothing where a character has no place there.
std::optional<std::string> in_latin1(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    if (first < 0x80) {
      bytes.push_back(text[i]);
      continue;
    }
    // U+0080 to U+00FF are two bytes, the first of them one of these.
    if ((first != 0xc2 && first != 0xc3) || i + 1 == text.size()) return std::nullopt;
    ++i;
    const auto second = static_cast<std::uint8_t>(text[i]);
    bytes.push_back(static_cast<char>((first & 3U) << 6 | (second & 0x3fU)));
  }
  return bytes;
}

std::optional<std::string> encoded(const Nodes& nodes, std::span<const NodeId> arguments) {
  if (arguments.size() != 2 || nodes.kind(arguments[0]) != Kind::text ||
      nodes.is_python2_text(arguments[0]) || !is_latin1(nodes.text(arguments[1])))
    return std::nullopt;
  return in_latin1(nodes.text(arguments[0]));
}

}  // namespace

Name modern_name(std::string_view module, std::string_view name) {
  for (const Renamed& renamed : kRenamed) {
    if (renamed.before.module != module) continue;
    if (renamed.now.name.empty()) return {renamed.now.module, name};
    if (renamed.before.name == name) return renamed.now;
  }
  return {module, name};
}

bool is_global(const Nodes& nodes, NodeId id, std::string_view module, std::string_view name) {
  return nodes.kind(id) == Kind::global && modern_name(nodes.global(id)) == Name{module, name};
}

std::optional<std::string> bytes_value(const Nodes& nodes, NodeId id) {
  const Kind kind = nodes.kind(id);
  if (kind == Kind::bytes || kind == Kind::byte_array || nodes.is_python2_text(id))
    return std::string(nodes.text(id));
  const bool changed = nodes.state(id) != kNoNode || !nodes.items(id).empty() || !nodes.pairs(id).empty();
  if (kind != Kind::call || changed) return std::nullopt;
  const NodeId target = nodes.target(id);
  const std::span<const NodeId> arguments = nodes.items(nodes.arguments(id));
  if (is_global(nodes, target, "_codecs", "encode")) return encoded(nodes, arguments);
  const bool array = is_global(nodes, target, "builtins", "bytearray");
  if (!array && !is_global(nodes, target, "builtins", "bytes")) return std::nullopt;
  if (arguments.empty()) return std::string();
  if (!array) return std::nullopt;
  if (arguments.size() == 2) return encoded(nodes, arguments);
  // One level of a call inside, and no more.
  if (arguments.size() != 1) return std::nullopt;
  const NodeId inner = arguments[0];
  if (nodes.kind(inner) == Kind::bytes) return std::string(nodes.text(inner));
  const bool encode =
      nodes.kind(inner) == Kind::call && is_global(nodes, nodes.target(inner), "_codecs", "encode");
  return encode ? encoded(nodes, nodes.items(nodes.arguments(inner))) : std::nullopt;
}

}  // namespace aerotool::pickle

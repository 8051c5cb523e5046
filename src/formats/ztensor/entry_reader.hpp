// What the readers of all versions of the index share: its maps key by key.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "encoding/cbor/reader.hpp"
#include "formats/ztensor/layout.hpp"
#include "formats/ztensor/rules.hpp"

namespace aerotool::ztensor {

class EntryReader {
 public:
  /// The manifest is at `base` of the file that messages call `path`.
  EntryReader(ByteSpan manifest, cbor::Mode mode, std::uint64_t base, std::string path);

  cbor::Reader& cbor() { return cbor_; }
  /// Where in the file the next item is.
  std::uint64_t position() const { return base_ + cbor_.position(); }

  /// A key of a map, whether there must be one, and what reads its value.
  struct Key {
    std::string_view name;
    bool required = false;
    std::function<void()> read;
  };
  /// Reads a map that has these keys, each at most once; others are skipped. `what` names the map in
  /// messages.
  void map(std::string_view what, std::span<const Key> keys);
  /// Reads a map whose keys are names of its entries.
  void names(std::string_view what, const std::function<void(std::string_view name)>& entry);

  /// UTF-8.
  std::string_view text();
  Shape shape();
  /// A map.
  Value attributes();

  [[noreturn]] void refuse(Rule rule, std::string_view message) const;

 private:
  cbor::Reader cbor_;
  std::uint64_t base_;
  std::string path_;
  ValueBuilder builder_;
};

}  // namespace aerotool::ztensor

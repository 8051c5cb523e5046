#include "formats/aeroset/file_hash.hpp"

#include <string>

#include "core/text.hpp"

namespace aerotool::aeroset {

CorruptError wrong_sha256(const io::Input& input, const Digest& found, const Digest& expected) {
  return {{input.name(), {}, {}},
          "its SHA-256 is " + to_hex(found) + ", " + std::string(kByIndex) + " says " + to_hex(expected),
          Code::hash};
}

}  // namespace aerotool::aeroset

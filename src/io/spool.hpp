// Opens what a command line names as an input, whatever it is: a regular file as it is; a pipe or device,
// which cannot be read twice, and a whole file that is itself .gz or .zst, by way of an unlinked file under
// TMPDIR (else /var/tmp), never by way of memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/bytes.hpp"
#include "io/input.hpp"
#include "io/open_file.hpp"
#include "io/progress.hpp"

namespace aerotool::io {

/// Tells a whole input's size from its first bytes, so that room is looked for before it is spooled.
using SizeHint = std::function<std::optional<std::uint64_t>(ByteSpan head)>;

/// What whoever opens an input that is spooled tells, and wants to be told.
struct Spooling {
  SizeHint size_hint = {};
  Progress* progress = nullptr;  ///< counts the bytes; may be null
  std::function<void(const std::string& line)> note = {};
};

/// `path` is "-" for standard input, and may be a URL. `sha256` is what the name of a regular file promises;
/// of one that is unpacked it says nothing about the input. Throws IoError, and CorruptError where compressed
/// data is broken.
std::shared_ptr<Input> open_input(const std::string& path, const Spooling& spooling,
                                  const std::optional<Digest>& sha256 = {});
/// Whether a file that begins so is .gz or .zst.
bool is_packed(ByteSpan head);
/// What has been spooled whole: itself, or what it unpacks to.
std::shared_ptr<Input> open_spooled(OpenFile file, const std::string& name, const Spooling& spooling);
/// A file that is open already; it lies at `path`.
std::shared_ptr<Input> open_input(OpenFile file, const std::string& path, const Spooling& spooling,
                                  const std::optional<Digest>& sha256 = {});

}  // namespace aerotool::io

// The recognisers, each for one family of content. All take what a File gives and return what foreign.hpp's
// recognise() does; none trusts anything in it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"

namespace aerotool::foreign {

/// What is at hand of a file.
struct File {
  std::string_view path;
  std::uint64_t size = 0;
  ByteSpan head;  ///< its first kHeadBytes, or all of it
  /// Other bytes of it; the caller stays inside `size`.
  std::function<Bytes(std::uint64_t offset, std::uint64_t length)> at;
  /// The names of what lies in its directory.
  std::function<std::vector<std::string>()> beside;

  std::string_view text() const { return chars_of(head); }
  std::string_view name() const { return path.substr(path.rfind('/') + 1); }
  /// An ending of its name, in lower case: named(".onnx").
  bool named(std::string_view ending) const;
};
inline constexpr std::size_t kHeadBytes = 4096;

using Answer = std::optional<std::string>;

Answer recognise(const File& file);

/// The first words of hostile text between quotes: on one line, escaped, and cut where they are many.
std::string first_words(std::string_view text);

// pointers.cpp: what stands for content, or has lost it
Answer nothing(const File& file);
Answer git_lfs_pointer(const File& file);
Answer xet_pointer(const File& file);
Answer zeros(const File& file);

// ours.cpp: formats that this program reads, but not here
Answer ours(const File& file);

// weights.cpp: weights in formats that it does not read
Answer ggml(const File& file);
Answer pickle(const File& file);
Answer protocol_buffers(const File& file);

// zip.cpp
Answer zip(const File& file);

// magic.cpp: everything that a few bytes tell
Answer magic(const File& file);

// text.cpp
Answer html(const File& file);
Answer xml(const File& file);
Answer json(const File& file);
Answer plain_text(const File& file);
/// Whether it is a JSON object with which a server tells why it does not send the file.
bool is_error_in_json(const File& file);

// downloads.cpp: what a name alone tells
Answer unfinished_download(const File& file);
Answer piece_of_download(const File& file);

}  // namespace aerotool::foreign

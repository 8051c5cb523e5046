// What extract does: tensors' bytes out, to files or to standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "tasks/listener.hpp"

namespace aerotool::tasks {

struct ByteRange {
  std::uint64_t begin = 0;
  std::optional<std::uint64_t> end;  ///< absent: the tensor's
  std::string text;                  ///< as it was asked for
};

struct ExtractRequest {
  enum class Form { by_name, raw, npy, npz };

  std::vector<std::string> tensors;  ///< names or patterns; with npz, of objects
  std::string output;                ///< a file, a directory, or "-"; empty: files in the current directory
  Form form = Form::by_name;         ///< by_name: npy or npz where the output ends so
  bool concat = false;               ///< several tensors into one file, one behind the other
  std::optional<ByteRange> bytes;    ///< of the only tensor
  unsigned jobs = 1;
};

struct Extracted {
  std::size_t tensors = 0;
  std::string nothing;  ///< why nothing was extracted: no pattern matches anything
};

/// Writes tensors, each held to the hashes that the model carries of its bytes. Throws RequestError before a
/// byte is written where the request does not fit the model or what is at the output, and CorruptError where
/// bytes are not those that the hashes say.
Extracted extract(const Model& model, const ExtractRequest& request, const Listener& listener);

}  // namespace aerotool::tasks

// A file format, as the registry knows it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "io/input.hpp"
#include "model/model.hpp"
#include "model/plan.hpp"
#include "model/report.hpp"

namespace aerotool {

class Format {
 public:
  virtual ~Format() = default;

  virtual std::string_view name() const = 0;                     ///< what --from and --to take: "aero"
  virtual std::vector<std::string_view> extensions() const = 0;  ///< with the dot: ".aero"

  /// How sure the first bytes make us that a file is of this format: 0 not at all, 100 by its magic. `head`
  /// holds the first kProbeBytes or the whole file; `size` is the file's.
  virtual int probe(ByteSpan head, std::uint64_t size) const = 0;
  static constexpr std::size_t kProbeBytes = 4096;

  /// Reads all that describes the file and no weights. Defects go to `report` (see Report::Mode); what leaves
  /// nothing to go on with throws CorruptError or UnsupportedError in both modes.
  virtual std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const = 0;

  /// The size a whole file has whose first bytes these are; nothing where they do not tell.
  virtual std::optional<std::uint64_t> declared_size(ByteSpan head) const = 0;

  /// Null where this format is only read.
  virtual const Writer* writer() const { return nullptr; }
};

}  // namespace aerotool

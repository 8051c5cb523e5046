// A file format, as the registry knows it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.hpp"
#include "model/model.hpp"
#include "model/numbered_name.hpp"
#include "model/report.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

class Format {
 public:
  virtual ~Format() = default;

  /// What --from and --to take: "aero". A kind that lies in several files shares it with the kind that lies
  /// in one.
  virtual std::string_view name() const = 0;
  virtual std::vector<std::string_view> extensions() const = 0;  ///< with the dot: ".aero"
  /// How many bytes at the end of a path say that the file is of this kind: those of the longest extension
  /// that fits, where no other rule does; 0 where none.
  virtual std::size_t ending_in(std::string_view path) const;

  /// How sure the first bytes and the name make us that a file is of this format: 0 not at all, 100 by its
  /// magic, more for a narrower kind. `head` holds the first kProbeBytes or the whole file; `size` is the
  /// file's.
  virtual int probe(ByteSpan head, std::uint64_t size, std::string_view path) const = 0;
  static constexpr std::size_t kProbeBytes = 4096;

  /// Where in a directory this kind of file is looked for: the highest that is there stands for the model.
  enum class Standing { file, index, set };
  virtual Standing standing() const { return Standing::file; }
  /// Whether such a file may as well hold other data than a model: in a directory it is looked at only where
  /// there is no file of another kind.
  virtual bool stands_back() const { return false; }
  /// What the name of a file of this kind says of its place among the numbered files of one model.
  virtual std::optional<NumberedName> numbered(std::string_view /*path*/) const { return std::nullopt; }
  /// Whether the first of numbered files stands for them all. Where it does not, their directory does.
  virtual bool first_leads() const { return false; }

  /// The files that the text of an index of this kind names, relative to it; nothing of any other kind.
  /// Throws CorruptError or UnsupportedError where it is none.
  virtual std::vector<std::string> files_of_index(std::string_view /*text*/) const { return {}; }

  /// Those of the files beside a file of this kind that hold a part of its model, where only its content says
  /// which; none where it is not sound. `names`: those in question. Throws IoError.
  virtual std::vector<std::string> files_beside(const std::string& /*path*/,
                                                std::span<const std::string> /*names*/) const {
    return {};
  }

  /// Reads all that describes the file, and the files it names, and no weights. Defects go to `report` (see
  /// Report::Mode); what leaves nothing to go on with throws CorruptError or UnsupportedError in both modes.
  virtual std::unique_ptr<Model> open(std::shared_ptr<io::Input> input, Report& report) const = 0;

  /// The same of what lies under a key of the file alone: of a checkpoint, which is a tree of dicts and
  /// lists, by the path of keys that leads there, joined by dots. Null from kinds that have no such keys.
  /// Throws UsageError where nothing lies there.
  virtual std::unique_ptr<Model> open_key(const std::shared_ptr<io::Input>& /*input*/,
                                          std::string_view /*key*/, Report& /*report*/) const {
    return nullptr;
  }

  /// Reads the numbered files of which `input` is one as one model, where nothing but their names says that
  /// they are; null from kinds of which that is not so.
  virtual std::unique_ptr<Model> open_numbered(const std::shared_ptr<io::Input>& /*input*/,
                                               Report& /*report*/) const {
    return nullptr;
  }

  /// The size a whole file has whose first bytes these are; nothing where they do not tell.
  virtual std::optional<std::uint64_t> declared_size(ByteSpan head) const = 0;

  /// Null where this kind is only read, or not written to one file.
  virtual const Writer* writer() const { return nullptr; }
  /// Null where this kind is not written to a directory of several files.
  virtual const SetWriter* set_writer() const { return nullptr; }
  /// Whether a path with an extension of this kind asks by it for what writer() writes.
  virtual bool is_written_as(std::string_view /*path*/) const { return true; }
};

}  // namespace aerotool

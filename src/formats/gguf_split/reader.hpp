// A split GGUF model: the first file, which stands for all, and those that its name tells of beside it.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "formats/gguf/reader.hpp"
#include "formats/gguf/split.hpp"
#include "io/input.hpp"
#include "model/multi_file_model.hpp"

namespace aerotool::gguf_split {

/// The files are parts in the order of their numbers; the first one's metadata, version and alignment are the
/// model's. What a part says of itself under split.* and what its name says have to agree. Like its files,
/// the model has no hashes: all that can be wrong is told when it is opened.
class SplitModel final : public MultiFileModel {
 public:
  /// `first` was read from `input`, whose name is `name` with the part number 1.
  SplitModel(std::shared_ptr<io::Input> input, std::unique_ptr<gguf::GgufModel> first,
             const NumberedName& name, Report& report);

  const std::string& path() const override { return inputs_.front()->name(); }
  Overview overview() const override;
  /// The first file's, but for what it says of itself as a part.
  Metadata metadata() const override;
  /// version, alignment and metadata are the first file's. Each file's metadata says its own alignment; one
  /// of another version has a head.
  Source source() const override;

 private:
  void check_totals(bool whole, Report& report) const;

  std::vector<std::shared_ptr<io::Input>> inputs_;  // of the parts
};

}  // namespace aerotool::gguf_split

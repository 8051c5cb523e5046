// Models for fuzz targets, as lines of text describe them: "NAME DTYPE 3,4", a line for each tensor.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace aerotool::fuzz {

/// The next line, without what ends it; takes it away.
std::string_view line_of(std::string_view& text);

/// Its tensors have small sizes and the same bytes, again and again, each from another one on.
class DescribedModel final : public Model {
 public:
  /// Takes the lines up to an empty one away.
  explicit DescribedModel(std::string_view& text, Metadata metadata = {});

  void has_bytes(std::string_view data) { data_ = data; }
  /// What lies beside it.
  void has_file(std::string path, std::string_view text);

  const std::string& path() const override { return path_; }
  Overview overview() const override { return {}; }
  const std::vector<Tensor>& tensors() const override { return tensors_; }
  Metadata metadata() const override { return metadata_; }
  Source source() const override { return {}; }
  std::vector<SideFile> carried_files() const override { return files_; }
  bool check(const CheckOptions&, Report&) const override { return true; }
  void require_unchanged() const override {}
  void read(std::size_t tensor, std::uint64_t offset, std::span<std::byte> out) const override;

 private:
  void add(std::string_view line);

  std::string path_ = "fuzzed";
  Metadata metadata_;
  std::vector<Tensor> tensors_;
  std::vector<SideFile> files_;
  std::string_view data_;
};

}  // namespace aerotool::fuzz

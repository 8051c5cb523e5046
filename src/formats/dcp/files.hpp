// The files beside a checkpoint's index that hold its items.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "formats/dcp/index.hpp"
#include "io/few_open.hpp"
#include "io/input.hpp"

namespace aerotool::dcp {

/// Why a file that the index names is refused before anything is looked up; empty where it is not.
std::string problem_of_file_name(std::string_view name);

class Files {
 public:
  /// Both outlive this.
  Files(const io::Input& metadata, const Index& index)
      : metadata_(metadata), index_(index), open_(metadata) {}

  /// Thread-safe. Throws CorruptError and IoError.
  std::shared_ptr<const io::Input> open(std::uint32_t file) const;
  /// How messages name it.
  std::string path_of(std::uint32_t file) const;
  const std::string& path_of_index() const { return metadata_.name(); }
  void require_unchanged() const { open_.require_unchanged(); }

 private:
  const io::Input& metadata_;
  const Index& index_;
  io::FewOpen open_;
};

}  // namespace aerotool::dcp

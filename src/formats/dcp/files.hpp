// The files beside a checkpoint's index that hold its items. A large checkpoint has more of them than a
// process may have open.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "formats/dcp/index.hpp"
#include "io/input.hpp"

namespace aerotool::dcp {

/// Why a file that the index names is refused before anything is looked up; empty where it is not.
std::string problem_of_file_name(std::string_view name);

class Files {
 public:
  /// Both outlive this.
  Files(const io::Input& metadata, const Index& index) : metadata_(metadata), index_(index) {}
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  /// Thread-safe. Throws CorruptError and IoError.
  std::shared_ptr<const io::Input> open(std::uint32_t file) const;
  /// Throws IoError where one of those that are open has changed; others were looked at when they were
  /// closed.
  void require_unchanged() const;

 private:
  const io::Input& metadata_;
  const Index& index_;
  mutable std::mutex mutex_;
  /// The one that was used last is the first.
  mutable std::deque<std::pair<std::uint32_t, std::shared_ptr<const io::Input>>> open_;
};

}  // namespace aerotool::dcp

#include "formats/dcp/files.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"
#include "io/relative_path.hpp"

namespace aerotool::dcp {
namespace {

constexpr std::size_t kMaxOpen = 64;

}  // namespace

std::string problem_of_file_name(std::string_view name) {
  std::string problem = io::path_problem(name);
  if (!problem.empty()) return problem;
  if (name == "." || name.find('/') != std::string_view::npos) return "is not the name of a file beside it";
  return {};
}

std::shared_ptr<const io::Input> Files::open(std::uint32_t file) const {
  const std::lock_guard lock(mutex_);
  const auto known = std::ranges::find(open_, file, [](const auto& entry) { return entry.first; });
  if (known != open_.end()) {
    std::rotate(open_.begin(), known, known + 1);
    return open_.front().second;
  }
  const std::string& name = index_.files[file];
  const std::string problem = problem_of_file_name(name);
  if (!problem.empty()) {
    throw CorruptError({metadata_.name(), {}, {}}, "names the file " + shown(name) + ", which " + problem,
                       Code::path);
  }
  if (open_.size() == kMaxOpen) {
    open_.back().second->require_unchanged();
    open_.pop_back();
  }
  open_.emplace_front(file, io::open_beside(metadata_, name));
  return open_.front().second;
}

void Files::require_unchanged() const {
  const std::lock_guard lock(mutex_);
  for (const auto& [file, input] : open_) input->require_unchanged();
}

}  // namespace aerotool::dcp

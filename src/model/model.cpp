#include "model/model.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include "core/text.hpp"

namespace aerotool {

SideFiles Model::side_files(const std::string& passed_over) const {
  SideFiles all;
  if (find_beside_) all = find_beside_(passed_over);
  std::vector<SideFile> own = carried_files();
  if (own.empty()) return all;
  // What has a hash goes before what has none.
  const auto is_own = [&](const SideFile& file) {
    return std::ranges::binary_search(own, file.path, {}, &SideFile::path);
  };
  std::vector<SideFile> twins;
  std::ranges::copy_if(all.files, std::back_inserter(twins), is_own);
  std::erase_if(all.files, is_own);
  if (const auto other = paths_that_differ(twins, own); !other.empty())
    all.left_out.push_back("side files that the model itself carries with other bytes: " +
                           listed(other, kMaxListedSideFiles));
  all.files.insert(all.files.end(), own.begin(), own.end());
  std::ranges::sort(all.files, {}, &SideFile::path);
  return all;
}

bool Model::check_one_file(std::size_t /*file*/, const CheckOptions& /*options*/, Report& /*report*/) const {
  throw std::logic_error("a model that is not checked file by file");
}

io::ReadAt Model::reader_of(std::size_t tensor) const {
  return [this, tensor](std::uint64_t offset, std::span<std::byte> out) { read(tensor, offset, out); };
}

unsigned jobs_for_reading(const Model& model, unsigned jobs) {
  constexpr unsigned kFew = 2;
  // More than a network has bytes for; and the further they are apart, the more of the file is held.
  constexpr unsigned kMostRemote = 4;
  if (model.is_remote()) jobs = std::min(jobs, kMostRemote);
  if (jobs <= kFew) return jobs;
  for (std::size_t i = 0; i < model.tensors().size(); ++i) {
    const auto range = model.stored_range(i);
    if (range && !range->random_access()) return kFew;
  }
  return jobs;
}

}  // namespace aerotool

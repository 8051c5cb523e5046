#include "tasks/compare/whole_files.hpp"

#include <algorithm>
#include <vector>

#include "hash/sha256.hpp"
#include "io/pipeline.hpp"

namespace aerotool::tasks {

bool is_here(const Model& model) {
  // Those that are open now and then lie beside one that is always open.
  return std::ranges::all_of(
      model.files(), [](const ModelFile& file) { return file.input == nullptr || file.input->is_here(); });
}

bool WholeFiles::same(const ModelFile& a, const ModelFile& b) {
  if (a.input == nullptr || b.input == nullptr || a.input->size() != b.input->size()) return false;
  // What is known of a compressed file is not of what it is unpacked to.
  if (a.input->packed_size() || b.input->packed_size()) return false;
  if (a.sha256 && b.sha256) return *a.sha256 == *b.sha256;
  if (a.sha256 && b.input->is_here()) return *a.sha256 == hash(*b.input);
  return b.sha256 && a.input->is_here() && *b.sha256 == hash(*a.input);
}

const Digest& WholeFiles::hash(const io::Input& input) {
  const auto [made, is_new] = made_.try_emplace(&input);
  if (!is_new) return made->second;
  hash::Sha256 sha256;
  std::vector<io::Region> whole(1);
  whole[0].length = input.size();
  whole[0].read = [&](std::uint64_t offset, std::span<std::byte> out) { input.read(offset, out); };
  if (progress_ != nullptr) progress_->total += input.size();
  io::run(whole,
          {.jobs = jobs_, .progress = progress_, .in_order = [&](ByteSpan bytes) { sha256.add(bytes); }});
  made->second = sha256.finish();
  return made->second;
}

}  // namespace aerotool::tasks

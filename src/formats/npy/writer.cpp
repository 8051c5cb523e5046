#include "formats/npy/writer.hpp"

#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "formats/npy/plan_content.hpp"
#include "transfer/headed_files.hpp"

namespace aerotool::npy {

std::unique_ptr<FileDraft> NpyWriter::draft(const Plan& plan) const {
  if (plan.tensors.size() != 1) {
    throw UnsupportedError(
        {plan.models.front()->path(), {}, {}},
        "a .npy file holds one tensor, and there " +
            (plan.tensors.empty() ? std::string("is none") : "are " + with_thousands(plan.tensors.size())) +
            ": npz holds any number, and --include chooses one");
  }
  Content content = content_of(plan, "npy");
  HeadedFiles files;
  PlannedShard& shard = files.add_shard(std::move(content.tensors));
  const Tensor& tensor = files.layout.tensors.front().tensor();
  files.layout.offsets.push_back(0);
  shard.size = tensor.size;
  require_file_size(plan, shard.size);
  HeadedFile& file = files.files.emplace_back();
  std::string head = header_of(tensor);
  file.head_size = head.size();
  file.put_head = [head = std::move(head)](const HeadedFile::Sink& sink) { sink(bytes_of(head)); };
  files.lost = std::move(content.lost);
  files.dropped = std::move(content.dropped);
  files.dropped.emplace_back("the tensor's name: an array is called as its file");
  files.warnings = std::move(content.warnings);
  return draft_of_file(plan, std::move(files));
}

}  // namespace aerotool::npy

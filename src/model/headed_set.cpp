#include "model/headed_set.hpp"

#include "model/weight_pass.hpp"

namespace aerotool {

void write_files(const Plan& plan, const HeadedFiles& files, io::DirectoryOutput& directory,
                 io::Progress* progress) {
  directory.require_space(files.total_size());
  WeightPass pass(plan.models, files.layout, {}, plan.options.jobs);
  if (progress != nullptr) progress->total += pass.bytes();
  for (std::size_t i = 0; i < files.files.size(); ++i) {
    io::Output& output = directory.add(files.files[i].name);
    files.files[i].put_head([&](ByteSpan bytes) { output.write(bytes); });
    pass.copy_to(i, output, files.files[i].head_size);
  }
  pass.run(progress);
  for (const Model* model : plan.models) model->require_unchanged();
}

}  // namespace aerotool

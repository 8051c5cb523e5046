#include "formats/ztensor/write/file_parts.hpp"

#include <optional>

namespace aerotool::ztensor {
namespace {

void write_file(const Plan& plan, const FileParts& parts, io::Output& output, io::Progress* progress) {
  WeightPass pass(plan.models, parts.layout, parts.wanted, plan.jobs);
  if (progress != nullptr) progress->total += pass.bytes();
  pass.copy_to(0, output, parts.head.size());
  output.write(bytes_of(parts.head));
  pass.run(progress);
  if (plan.fill_in_texts) plan.fill_in_texts();
  std::uint64_t end = parts.head.size() + parts.layout.shards.front().size;
  parts.tail(pass, [&](ByteSpan bytes) {
    output.write_at(end, bytes);
    end += bytes.size();
  });
}

void stream(const Plan& plan, const FileParts& parts, io::Output& output, io::Progress* progress) {
  std::optional<WeightPass> pass(std::in_place, plan.models, parts.layout, parts.wanted, plan.jobs);
  const bool computes = pass->computes();
  if (computes) {
    // The bytes that are streamed are held to those that were seen.
    WantedDigests wanted = parts.wanted;
    wanted.shards = true;
    pass.emplace(plan.models, parts.layout, wanted, plan.jobs);
  }
  if (progress != nullptr)
    progress->total += parts.layout.shards.front().size + (computes ? pass->bytes() : 0);
  if (computes) pass->run(progress);
  const Put put = [&](ByteSpan bytes) { output.write(bytes); };
  put(bytes_of(parts.head));
  pass->stream(0, plan.jobs, put, progress);
  if (plan.fill_in_texts) plan.fill_in_texts();
  parts.tail(*pass, put);
}

}  // namespace

void write_parts(const Plan& plan, const FileParts& parts, io::Output& output, io::Progress* progress) {
  output.seekable() ? write_file(plan, parts, output, progress) : stream(plan, parts, output, progress);
  for (const Model* model : plan.models) model->require_unchanged();
}

}  // namespace aerotool::ztensor

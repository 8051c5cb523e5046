// Holds an AEROSET to its rules (src/formats/aeroset/FORMAT.md, "Validation"): every file's size, SHA-256 and
// own rules, and that they agree.
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "formats/aeroset/file_hash.hpp"
#include "formats/aeroset/reader.hpp"
#include "io/file_hash.hpp"

namespace aerotool::aeroset {

/// One part by itself, and its SHA-256 over the same read.
bool AerosetModel::check_part(const Part& part, CheckOptions options, Report& report) {
  // Of a part that ends too early that is told, and all that its bytes could. Of one that is held to its
  // SHA-256 the check knows.
  if (part.entry->sha256 && !part.model->is_cut_off() && !part.input->holds_sha256())
    options.sha256 = {{*part.entry->sha256, kByIndex}};
  return part.model->check(options, report);
}

/// What opening has told was not asked for; but of what could not be opened nothing can be checked.
bool AerosetModel::check_control(const CheckOptions& options, Report& report) const {
  for (const SetPart* part : broken_)
    report.fault(Code::index, where(),
                 "part '" + escape_controls(shortened(part->path)) + "' cannot be used");
  if (tensor_index_ == nullptr) {
    report.fault(Code::index, where(),
                 "'" + escape_controls(shortened(index_.tensor_index.path)) + "' cannot be used");
    return true;
  }
  if (tensors().size() != tensor_index_->tensors().size()) {
    report.fault(Code::index, where(),
                 "the parts hold " + plural(tensors().size(), "tensor") + " of the " +
                     std::to_string(tensor_index_->tensors().size()) + " in " +
                     escape_controls(tensor_index_->path()));
  }
  bool all = tensor_index_->check(options, report);
  for (const Part& part : open_) all = part.model->check(options, report) && all;
  return all;
}

std::uint64_t AerosetModel::files_size() const {
  std::uint64_t size = 0;
  for (const Part& part : open_) size += part.input->holds_sha256() ? 0 : part.input->size();
  return size;
}

void AerosetModel::verify_files(unsigned jobs, io::Progress* progress) const {
  const JobSplit split = split_jobs(jobs, open_.size());
  for_each_parallel(open_.size(), split.side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
    const Part& part = open_[i];
    if (!part.entry->sha256 || part.input->holds_sha256()) return;
    const Digest found = sha256_of(*part.input, split.within, progress);
    if (found != *part.entry->sha256) throw wrong_sha256(*part.input, found, *part.entry->sha256);
  });
}

bool AerosetModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return check_control(options, report);
  if (tensor_index_) {
    CheckOptions of_index = options;
    of_index.values = false;  // it holds none
    tensor_index_->check(of_index, report);
  }
  return check_parts(options, report, [&](std::size_t part, const CheckOptions& of_part, Report& to) {
    return check_part(open_[part], of_part, to);
  });
}

}  // namespace aerotool::aeroset

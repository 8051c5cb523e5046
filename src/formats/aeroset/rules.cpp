// Holds an AEROSET to its rules (src/formats/aeroset/FORMAT.md, "Validation"): every file's size, SHA-256 and
// own rules, and that they agree.
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "formats/aeroset/file_hash.hpp"
#include "formats/aeroset/reader.hpp"
#include "io/file_hash.hpp"

namespace aerotool::aeroset {

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

std::vector<const AerosetModel::Part*> AerosetModel::parts_to_verify(const FileChoice& chosen) const {
  std::vector<const Part*> parts;
  for (const Part& part : open_) {
    if (part.entry->sha256 && !part.input->holds_sha256() && is_chosen(chosen, *part.input))
      parts.push_back(&part);
  }
  return parts;
}

std::uint64_t AerosetModel::files_size(const FileChoice& chosen) const {
  std::uint64_t size = 0;
  for (const Part* part : parts_to_verify(chosen)) size += part->input->size();
  return size;
}

void AerosetModel::verify_files(unsigned jobs, io::Progress* progress, const FileChoice& chosen) const {
  const std::vector<const Part*> parts = parts_to_verify(chosen);
  const JobSplit split = split_jobs(jobs, parts.size());
  for_each_parallel(parts.size(), split.side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
    const Part& part = *parts[i];
    const Digest found = sha256_of(*part.input, split.within, progress);
    if (found != *part.entry->sha256) throw wrong_sha256(*part.input, found, *part.entry->sha256);
  });
}

bool AerosetModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) return check_control(options, report);
  return MultiFileModel::check(options, report);
}

std::vector<std::string> AerosetModel::files_to_check() const {
  std::vector<std::string> names = MultiFileModel::files_to_check();
  if (tensor_index_) names.insert(names.begin(), tensor_index_->path());
  return names;
}

bool AerosetModel::check_one_file(std::size_t file, const CheckOptions& options, Report& report) const {
  CheckOptions of_file = options;
  if (tensor_index_) {
    if (file == 0) {
      of_file.values = false;  // it holds none
      return tensor_index_->check(of_file, report);
    }
    --file;
  }
  const Part& part = open_[file];
  // Of a part that ends too early that is told, and all that its bytes could. Of one that is held to its
  // SHA-256 the check knows.
  if (part.entry->sha256 && !part.model->is_cut_off() && !part.input->holds_sha256())
    of_file.sha256 = {{*part.entry->sha256, kByIndex}};
  return part.model->check(of_file, report);
}

}  // namespace aerotool::aeroset

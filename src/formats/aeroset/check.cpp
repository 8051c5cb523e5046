// Holds an AEROSET to spec/aeroset.md: every file's size, SHA-256 and own rules, and that they agree.
#include <algorithm>

#include "core/text.hpp"
#include "formats/aeroset/reader.hpp"
#include "hash/sha256.hpp"
#include "io/parallel.hpp"

namespace aerotool::aeroset {

/// One file by itself and against its entry in the index.
void AerosetModel::check_file(const SetFile& entry, const io::Input& input, const aero::AeroModel& model,
                              const CheckOptions& options, Report& report) const {
  const std::string name = "'" + escape_controls(entry.path) + "'";
  if (entry.size && *entry.size != input.size()) {
    report.fault(where(), name + " has " + std::to_string(input.size()) + " bytes, the index says " +
                              std::to_string(*entry.size));
  }
  CheckOptions of_file = options;
  hash::Sha256 sha256;
  if (options.level == CheckLevel::full && entry.sha256)
    of_file.whole_file = [&](ByteSpan bytes) { sha256.add(bytes); };
  model.check(of_file, report);
  if (!of_file.whole_file) return;
  const Digest found = sha256.finish();
  if (found == *entry.sha256) return;
  report.fault({input.name(), {}, {}},
               "its SHA-256 is " + to_hex(found) + ", the index says " + to_hex(*entry.sha256));
}

bool AerosetModel::check(const CheckOptions& options, Report& report) const {
  if (options.level == CheckLevel::control) {
    bool all = tensor_index_ != nullptr && tensor_index_->check(options, report);
    for (const Part& part : open_) all = part.model->check(options, report) && all;
    return all;
  }
  if (tensor_index_) {
    const aero::Manifest& manifest = tensor_index_->manifest();
    const auto compare = [&](const char* what, const std::string& here, const std::string& there) {
      if (!manifest.sound || here == there) return;
      report.fault(where(), std::string(what) + " is '" + escape_controls(here) + "', but in " +
                                escape_controls(tensor_index_->path()) + " '" + escape_controls(there) + "'");
    };
    compare("the model's name", index_.model_name, manifest.model_name);
    compare("the architecture", index_.architecture, manifest.architecture);
    check_file(index_.tensor_index, *tensor_index_input_, *tensor_index_, options, report);
  }
  // Each part has a report of its own, so that what is told stands in the order of the parts.
  std::vector<Report> reports(open_.size(), Report(Report::Mode::judge));
  CheckOptions of_part = options;
  const auto side_by_side = static_cast<unsigned>(std::min<std::size_t>(options.jobs, open_.size()));
  of_part.jobs = std::max(1U, side_by_side == 0 ? 1U : options.jobs / side_by_side);
  io::for_each_parallel(open_.size(), side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
    check_file(*open_[i].entry, *open_[i].input, *open_[i].model, of_part, reports[i]);
  });
  for (const Report& of_one : reports) report.absorb(of_one);
  return true;
}

}  // namespace aerotool::aeroset

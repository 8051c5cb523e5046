#include "tasks/set_plan/planned_set.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/error.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "io/directory_output.hpp"
#include "io/file_hash.hpp"
#include "io/input.hpp"
#include "io/listing.hpp"
#include "registry/related_files.hpp"
#include "tasks/convert/overwriting.hpp"
#include "tasks/convert/sources.hpp"
#include "tasks/request_error.hpp"
#include "tasks/set_plan/planned_inputs.hpp"
#include "tasks/set_plan/publication.hpp"
#include "tasks/set_plan/receipt.hpp"

namespace aerotool::tasks {
namespace {

/// A request whose output is laid out; nothing is written. Stays where it is: the draft refers to it.
class DraftedSet {
 public:
  DraftedSet(const ConvertRequest& request, const Listener& listener)
      : request_(request), sources_(open_sources(request, listener)) {
    const Target& target = request.target;
    if (target.set_writer == nullptr) {
      throw RequestError({target.path == "-" ? "standard output" : target.path, {}, {}},
                         "is one file; a plan divides what is written to a directory of several");
    }
    draft_ = target.set_writer->draft(sources_.plan);
    if (draft_->parts() == nullptr) {
      throw RequestError({target.path, {}, {}},
                         "a directory of " + target.format + " files is not written in parts");
    }
  }
  DraftedSet(const DraftedSet&) = delete;
  DraftedSet& operator=(const DraftedSet&) = delete;

  const Plan& plan() const { return sources_.plan; }
  SetParts& parts() const { return *draft_->parts(); }
  const std::vector<ComputedTensor>& computed() const { return sources_.computed; }

  void require_replaceable() const {
    const std::string& directory = request_.target.path;
    const ExistingFiles existing = draft_->existing(directory, !request_.force);
    tasks::require_replaceable(directory, plan(), existing, request_.force);
    // Unlike a conversion, the steps of a plan read the inputs again once files are in their places.
    const RelatedFiles related(plan().models);
    for (const auto& names : {existing.replaced, existing.removed}) {
      for (const std::string& name : names) {
        const std::string path = io::path_in(directory, name);
        if (related.find(path).relation == RelatedFiles::Relation::none) continue;
        throw RequestError({path, {}, {}}, "is an input; a plan needs another output directory");
      }
    }
  }

  PlanDocument document(const PlannedCommand& command) const {
    PlanDocument document;
    document.command = command;
    document.inputs = planned_inputs(plan().models);
    for (const MetadataSetting& setting : request_.set) {
      if (const std::string file = setting.file(); !file.empty())
        document.inputs.push_back(planned_input(*io::Input::open(file)));
    }
    document.side_files = planned_side_files(plan().side_files);
    for (std::size_t i = 0; i < parts().part_count(); ++i) {
      const DraftedPart part = parts().part(i);
      PlannedPart& planned = document.parts.emplace_back();
      planned.file = part.file;
      planned.bytes = part.bytes;
      planned.tensors.reserve(part.tensors.size());
      for (const PlannedTensor& tensor : part.tensors)
        planned.tensors.push_back(replaced_where_not_utf8(tensor.tensor().name));
    }
    document.closing = parts().closing_files();
    return document;
  }

 private:
  const ConvertRequest& request_;
  Sources sources_;
  std::unique_ptr<SetDraft> draft_;
};

/// Reads what describes the inputs again and requires that the plan would be the same.
std::unique_ptr<DraftedSet> draft_again(const ConvertRequest& request, const ReadPlan& plan,
                                        const Listener& listener) {
  // What is not as it should be was told when the plan was made.
  Listener quiet = listener;
  quiet.warn = quiet.note = quiet.detail = [](const std::string&) {};
  auto drafted = std::make_unique<DraftedSet>(request, quiet);
  require_same_plan(plan, drafted->document(plan.document.command));
  return drafted;
}

/// The parts as the staging directory and the output directory show them.
class PartFiles {
 public:
  PartFiles(const std::string& directory, const ReadPlan& plan)
      : directory_(directory),
        plan_(plan),
        staging_(find_staging(directory, plan.id)),
        output_(staging_ ? io::SharedDirectory::find(directory) : std::nullopt),
        publishing_(staging_ && staging_->version_of(kPublishing)) {}

  struct Found {
    PartState state = PartState::missing;
    WrittenPart part;
  };
  Found find(std::size_t number) const {
    Found found;
    if (!staging_) return found;
    const std::string& file = plan_.document.parts[number].file;
    auto receipt = receipt_of(file);
    if (!receipt) return found;
    found.part = std::move(receipt->part);
    if (const auto staged = staging_->version_of(staged_name(file))) {
      if (staged->size == found.part.size) found.state = PartState::there;
    } else if (publishing_) {
      const auto placed = output_->version_of(file);
      if (placed && placed->size == found.part.size) found.state = PartState::placed;
    }
    return found;
  }

  PlanStatus status() const {
    PlanStatus status;
    status.parts = plan_.document.parts.size();
    for (std::size_t i = 0; i < status.parts; ++i) {
      if (find(i).state == PartState::missing) status.missing.push_back(i);
    }
    status.published = is_published(directory_, plan_);
    if (status.published) status.missing.clear();
    return status;
  }

 private:
  /// Nothing where there is none, or none that this plan's parts have written whole.
  std::optional<Receipt> receipt_of(const std::string& file) const {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    const std::string name = receipt_name(file);
    const auto text = staging_->text_of(name, kMostBytes);
    if (!text) return std::nullopt;
    try {
      Receipt receipt = parse_receipt(*text, io::path_in(staging_->path(), name));
      if (receipt.plan == plan_.id && receipt.file == file) return receipt;
    } catch (const ContentError&) {  // the part is to be written again
    }
    return std::nullopt;
  }

  const std::string& directory_;
  const ReadPlan& plan_;
  std::optional<io::SharedDirectory> staging_;
  std::optional<io::SharedDirectory> output_;
  bool publishing_;
};

std::string part_label(std::size_t number) {
  return "part " + std::to_string(number);
}

void write_part(SetParts& parts, std::size_t number, const ReadPlan& plan, const io::SharedDirectory& staging,
                const Listener& listener) {
  const std::string& file = plan.document.parts[number].file;
  io::Output output = staging.create(staged_name(file));
  Receipt receipt{plan.id, file, {}};
  listener.follow(part_label(number),
                  [&](io::Progress* progress) { receipt.part = parts.write_part(number, output, progress); });
  output.commit();
  staging.put(receipt_name(file), render(receipt));
}

/// The numbers of those staged parts whose bytes are not those that their receipts tell of.
std::vector<std::size_t> differing_parts(const std::string& directory, const ReadPlan& plan,
                                         const std::vector<PartFiles::Found>& found, unsigned jobs,
                                         const Listener& listener) {
  const std::string staging = staging_path(directory, plan.id);
  std::vector<std::uint8_t> differs(found.size());
  listener.follow("checking parts", [&](io::Progress* progress) {
    for (const PartFiles::Found& part : found) progress->total += part.part.size;
    const JobSplit split = split_jobs(jobs, found.size());
    for_each_parallel(found.size(), split.side_by_side, [&](std::size_t i, const std::atomic<bool>&) {
      const std::string& file = plan.document.parts[i].file;
      const auto input =
          io::Input::open(found[i].state == PartState::placed ? io::path_in(directory, file)
                                                              : io::path_in(staging, staged_name(file)));
      differs[i] = sha256_of(*input, split.within, progress) == found[i].part.sha256 ? 0 : 1;
    });
  });
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < differs.size(); ++i) {
    if (differs[i] != 0) numbers.push_back(i);
  }
  return numbers;
}

void clear_parts(const std::string& directory, const ReadPlan& plan) {
  std::vector<std::string> names;
  for (const PlannedPart& part : plan.document.parts) {
    names.push_back(staged_name(part.file));
    names.push_back(receipt_name(part.file));
  }
  // Last, as long as files may be in their places.
  clear_staging(directory, plan.id, names);
  clear_staging(directory, plan.id, {kPublishing});
}

bool tell_published(const std::string& directory, const ReadPlan& plan, const Listener& listener) {
  if (!is_published(directory, plan)) return false;
  listener.note(escape_controls(directory) + ": the set is published already");
  return true;
}

}  // namespace

PlanDocument plan_set(const ConvertRequest& request, const PlannedCommand& command,
                      const Listener& listener) {
  const DraftedSet drafted(request, listener);
  drafted.require_replaceable();
  const std::string shown = escape_controls(request.target.path);
  const NotKept not_kept = drafted.parts().not_kept();
  for (const std::string& line : not_kept.warnings) listener.warn(shown + ": " + line);
  for (const std::string& line : not_kept.lost) listener.warn(shown + ": not kept: " + line);
  for (const std::string& line : not_kept.dropped) listener.detail(shown + ": not kept: " + line);
  return drafted.document(command);
}

PlanStatus status_of_set(const std::string& directory, const ReadPlan& plan) {
  return PartFiles(directory, plan).status();
}

void write_parts(const ConvertRequest& request, const ReadPlan& plan, const std::vector<PartRange>& parts,
                 const Listener& listener) {
  const std::string& directory = request.target.path;
  require_parts(plan, parts);
  if (tell_published(directory, plan, listener)) return;
  const auto drafted = draft_again(request, plan, listener);
  try {
    const auto staging = make_staging(directory, plan.id);
    for (const PartRange& range : parts) {
      for (std::uint64_t number = range.first; number <= range.last; ++number) {
        if (PartFiles(directory, plan).find(number).state == PartState::missing) {
          write_part(drafted->parts(), number, plan, staging, listener);
        } else {
          listener.note(part_label(number) + " is there already");
        }
      }
    }
  } catch (const IoError&) {
    // Another attempt may have written the same bytes, and the staging directory be gone.
    if (!tell_published(directory, plan, listener)) throw;
  }
  tell_of_casts(drafted->computed(), escape_controls(directory), listener);
}

void clear_set(const std::string& directory, const ReadPlan& plan) {
  clear_parts(directory, plan);
  forget_unpublished(directory, plan);
}

PlanStatus publish_set(const ConvertRequest& request, const ReadPlan& plan, bool full,
                       const Listener& listener) {
  const std::string& directory = request.target.path;
  PlanStatus status = status_of_set(directory, plan);
  const auto finish_published = [&] {
    status.published = tell_published(directory, plan, listener);
    if (status.published) clear_parts(directory, plan);
    return status.published;
  };
  if (!status.missing.empty() || (status.published && finish_published())) return status;
  const auto drafted = draft_again(request, plan, listener);
  io::DirectoryOutput output(directory);
  // Another process may have published until the directory was locked.
  if (finish_published()) return status;
  const PartFiles files(directory, plan);
  std::vector<PartFiles::Found> found;
  for (std::size_t i = 0; i < status.parts; ++i) {
    found.push_back(files.find(i));
    if (found.back().state == PartState::missing) status.missing.push_back(i);
  }
  if (!status.missing.empty()) return status;
  const auto staging = make_staging(directory, plan.id);
  if (full) status.damaged = differing_parts(directory, plan, found, request.jobs, listener);
  // Whoever is asked for the part then writes it again.
  for (const std::size_t part : status.damaged)
    staging.remove({receipt_name(plan.document.parts[part].file)});
  if (!status.damaged.empty()) return status;
  drafted->require_replaceable();
  staging.put(kPublishing, {});
  std::vector<WrittenPart> parts;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const std::string& file = plan.document.parts[i].file;
    if (found[i].state == PartState::there)
      output.bring(file, staging_name(plan.id) + "/" + staged_name(file));
    parts.push_back(std::move(found[i].part));
  }
  drafted->parts().place(output, std::move(parts));
  note_published(directory, plan, listener);
  clear_parts(directory, plan);
  status.published = true;
  return status;
}

}  // namespace aerotool::tasks

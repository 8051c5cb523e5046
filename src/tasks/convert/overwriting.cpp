#include "tasks/convert/overwriting.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/text.hpp"
#include "io/listing.hpp"
#include "registry/registry.hpp"
#include "registry/related_files.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

using Relation = RelatedFiles::Relation;

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw RequestError({path, {}, {}}, why);
}

[[noreturn]] void refuse_sibling(const std::string& path, const std::string& of) {
  refuse(path, "belongs to the same set as the input " + escape_controls(of) + "; name another output");
}

/// Of the only model, every tensor is written.
bool is_all_of_one_model(const Plan& plan) {
  return plan.models.size() == 1 && plan.tensors.size() == plan.models.front()->tensors().size();
}

Format::Standing standing_of(const std::string& name) {
  const Format* format = format_of_extension(name);
  return format == nullptr ? Format::Standing::file : format->standing();
}

}  // namespace

void require_no_input(const std::string& output, const Plan& plan) {
  if (io::type_of(output) != io::FileType::regular) return;
  const RelatedFiles related(plan.models);
  const RelatedFiles::Found found = related.find(output);
  if (found.relation == Relation::sibling) refuse_sibling(output, found.of);
  if (found.relation != Relation::own || related.own_count() == 1) return;
  if (plan.models.size() > 1) refuse(output, "is one of the inputs; name another output");
  refuse(output,
         "is a part of the input " + escape_controls(plan.models.front()->path()) + "; name another output");
}

void require_replaceable(const std::string& directory, const Plan& plan, const ExistingFiles& existing,
                         bool force) {
  if (!existing.other_side_files.empty() && !force) {
    refuse(directory, "holds other side files (" + listed(existing.other_side_files, 3) +
                          "); --force replaces them, --no-side-files leaves them as they are");
  }
  if (existing.replaced.empty() && existing.removed.empty()) return;
  const RelatedFiles related(plan.models);
  const bool whole = is_all_of_one_model(plan);
  /// Those of the model that is written go with it.
  const auto is_input = [&](const std::string& name) {
    const std::string path = io::path_in(directory, name);
    const RelatedFiles::Found found = related.find(path);
    if (found.relation == Relation::sibling) refuse_sibling(path, found.of);
    if (found.relation == Relation::own && !whole) {
      refuse(path, plan.models.size() > 1
                       ? "is one of the inputs; name another output"
                       : "is the input, of which not every tensor is written; name another output");
    }
    return found.relation == Relation::own;
  };
  std::vector<std::string> other;
  const std::unordered_set<std::string> different(existing.other.begin(), existing.other.end());
  for (const std::string& name : existing.replaced) {
    if (!is_input(name) && different.contains(name)) other.push_back(name);
  }
  for (const std::string& name : existing.removed) {
    if (!is_input(name)) other.push_back(name);
  }
  if (other.empty() || force) return;
  refuse(directory, "holds another model (" + listed(other, 3) + "); --force replaces it");
}

std::vector<std::string> other_models_in(const std::string& directory, const SetWriter& writer,
                                         const std::vector<PlannedFile>& written,
                                         const ExistingFiles& existing) {
  std::vector<std::string> others;
  if (io::type_of(directory) != io::FileType::directory) return others;
  auto standing = Format::Standing::file;
  for (const Format* format : formats()) {
    // An index that is not written for one file does not stand for it.
    if (format->set_writer() == &writer && format->standing() == Format::Standing::set)
      standing = Format::Standing::set;
  }
  std::unordered_set<std::string> known;
  for (const PlannedFile& file : written) {
    standing = std::max(standing, standing_of(file.name));
    known.insert(file.name);
  }
  known.insert(existing.replaced.begin(), existing.replaced.end());
  known.insert(existing.removed.begin(), existing.removed.end());
  for (const std::string& name : io::names_in(directory)) {
    const bool stands = format_of_extension(name) != nullptr && standing_of(name) >= standing;
    if (!stands || name.starts_with('.') || known.contains(name)) continue;
    if (io::type_of(io::path_in(directory, name)) == io::FileType::regular) others.push_back(name);
  }
  // The one that the directory would be taken for comes first.
  std::sort(others.begin(), others.end(), [](const std::string& a, const std::string& b) {
    return std::pair(standing_of(b), a) < std::pair(standing_of(a), b);
  });
  return others;
}

}  // namespace aerotool::tasks

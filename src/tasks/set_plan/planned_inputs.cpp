#include "tasks/set_plan/planned_inputs.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "io/input.hpp"
#include "io/remote_name.hpp"
#include "tasks/request_error.hpp"

namespace aerotool::tasks {
namespace {

std::int64_t nanoseconds_of(const io::Version& version) {
  constexpr std::uint64_t kNanoseconds = 1'000'000'000;
  // A file may claim any time; what matters is that another one gives another number.
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(version.seconds) * kNanoseconds +
                                   static_cast<std::uint64_t>(version.nanoseconds));
}

void require_utf8(const std::string& path) {
  if (!is_utf8(path))
    throw RequestError({path, {}, {}}, "a plan names files in UTF-8, and this name is none");
}

/// Throws where the two differ, and names a file that does.
void require_same(const ReadPlan& plan, const std::vector<PlannedInput>& then,
                  const std::vector<PlannedInput>& now) {
  if (then == now) return;
  std::map<std::string_view, const PlannedInput*> left;
  for (const PlannedInput& input : now) left.emplace(input.path, &input);
  const auto refuse = [&](const PlannedInput& input, const std::string& why) {
    throw RequestError({input.path, {}, {}}, why + " the plan was made (" + escape_controls(plan.path) + ")");
  };
  for (const PlannedInput& input : then) {
    const auto found = left.find(input.path);
    if (found == left.end()) {
      refuse(input, "is gone since");
    } else if (*found->second != input) {
      refuse(input, "is not what it was when");
    }
    left.erase(found);
  }
  for (const PlannedInput& input : now) {
    if (left.contains(input.path)) refuse(input, "is new since");
  }
  refuse(now.front(), "has another place among the inputs than when");
}

}  // namespace

PlannedInput planned_input(const io::Input& input) {
  require_utf8(input.name());
  PlannedInput planned;
  planned.path = input.name();
  planned.size = input.size();
  if (const auto& sha256 = input.expected_sha256()) planned.sha256 = to_hex(*sha256);
  if (const io::RemoteName* remote = input.remote()) {
    planned.etag = remote->commit.empty() ? remote->etag : remote->commit;
    return planned;
  }
  const auto identity = io::identity_at(input.name());
  if (!identity || *identity != input.identity() || input.packed_size()) {
    throw RequestError({input.name(), {}, {}},
                       "is no plain file, and other processes cannot read it in parts");
  }
  planned.modified = nanoseconds_of(input.version());
  return planned;
}

std::vector<PlannedInput> planned_inputs(const std::vector<const Model*>& models) {
  std::vector<PlannedInput> inputs;
  for (const Model* model : models) {
    for (const ModelFile& file : model->files()) {
      if (file.input != nullptr) inputs.push_back(planned_input(*file.input));
    }
  }
  return inputs;
}

std::vector<PlannedInput> planned_side_files(const std::vector<SideFile>& files) {
  std::vector<PlannedInput> inputs;
  for (const SideFile& file : files) {
    require_utf8(file.path);
    PlannedInput& input = inputs.emplace_back();
    input.path = file.path;
    input.size = file.size;
    if (file.version) input.modified = nanoseconds_of(*file.version);
  }
  return inputs;
}

std::string replaced_where_not_utf8(const std::string& name) {
  return is_utf8(name) ? name : escape_controls(name);
}

void require_same_plan(const ReadPlan& plan, const PlanDocument& now) {
  const PlanDocument& then = plan.document;
  require_same(plan, then.inputs, now.inputs);
  require_same(plan, then.side_files, now.side_files);
  if (then.parts == now.parts && then.closing == now.closing) return;
  throw RequestError({plan.path, {}, {}},
                     "this version would make another plan of the same inputs; plan again");
}

void require_parts(const ReadPlan& plan, const std::vector<PartRange>& parts) {
  const std::size_t count = plan.document.parts.size();
  for (const PartRange& range : parts) {
    if (range.last < count) continue;
    const std::uint64_t number = std::max<std::uint64_t>(range.first, count);
    throw RequestError({plan.path, {}, {}},
                       "there is no part " + std::to_string(number) + ": the plan has " +
                           (count == 0 ? "none" : "parts 0 to " + std::to_string(count - 1)));
  }
}

}  // namespace aerotool::tasks

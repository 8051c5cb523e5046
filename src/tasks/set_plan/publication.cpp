#include "tasks/set_plan/publication.hpp"

#include <optional>

#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/json/value.hpp"
#include "encoding/json/writer.hpp"
#include "hash/blake3.hpp"
#include "io/listing.hpp"
#include "io/output.hpp"
#include "io/relative_path.hpp"
#include "io/shared_directory.hpp"
#include "tasks/set_plan/json_members.hpp"

namespace aerotool::tasks {
namespace {

constexpr std::string_view kKey = "aerotool_published";
constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostBytes = 4096;

std::string note_path(const ReadPlan& plan) {
  return plan.path + ".published";
}

std::string note_name(const ReadPlan& plan) {
  const std::string path = note_path(plan);
  return path.substr(path.rfind('/') + 1);
}

io::SharedDirectory directory_of(const ReadPlan& plan) {
  const std::string path = io::directory_of(plan.path);
  auto directory = io::SharedDirectory::find(path);
  if (!directory) throw IoError({path, {}, {}}, "is gone");
  return std::move(*directory);
}

/// Of names, sizes and times of all files of the plan; nothing where one is missing.
std::optional<std::string> state_of_files(const std::string& directory, const ReadPlan& plan) {
  const auto output = io::SharedDirectory::find(directory);
  if (!output) return std::nullopt;
  std::string states;
  bool whole = true;
  const auto add = [&](const std::string& file) {
    const auto version = output->version_of(file);
    whole = whole && version;
    if (!whole) return;
    states += file + '\0' + std::to_string(version->size) + ' ' + std::to_string(version->seconds) + ' ' +
              std::to_string(version->nanoseconds) + '\n';
  };
  for (const PlannedPart& part : plan.document.parts) add(part.file);
  for (const std::string& file : plan.document.closing) add(file);
  if (!whole) return std::nullopt;
  return to_hex(hash::blake3(bytes_of(states)));
}

/// What a note of this plan says of the files; nothing where there is none.
std::optional<std::string> noted_state(const ReadPlan& plan) {
  if (plan.is_piped) return std::nullopt;
  const auto text = directory_of(plan).text_of(note_name(plan), kMostBytes);
  if (!text) return std::nullopt;
  const std::string path = note_path(plan);
  try {
    const Value json = json_of_file(*text, path);
    const JsonMembers members(json, path, "the note");
    members.require_version(kKey, kVersion);
    if (members.text("plan") == plan.id) return members.text("files");
  } catch (const ContentError&) {  // it is somebody else's
  }
  return std::nullopt;
}

}  // namespace

bool is_published(const std::string& directory, const ReadPlan& plan) {
  const auto noted = noted_state(plan);
  return noted && noted == state_of_files(directory, plan);
}

void note_published(const std::string& directory, const ReadPlan& plan, const Listener& listener) {
  if (plan.is_piped) return;
  const auto state = state_of_files(directory, plan);
  if (!state) return;
  const auto beside = directory_of(plan);
  if (!beside.may_be_written()) {
    listener.note(escape_controls(plan.path) + ": that the set is published cannot be noted beside the plan");
    return;
  }
  JsonWriter json;
  json.begin_object();
  json.member(kKey, kVersion);
  json.member("plan", plan.id);
  json.member("files", *state);
  json.end_object();
  io::Output output = io::Output::to_path(note_path(plan));
  output.write(bytes_of(json.finish()));
  output.commit();
}

void forget_unpublished(const std::string& directory, const ReadPlan& plan) {
  if (noted_state(plan) && !is_published(directory, plan)) directory_of(plan).remove({note_name(plan)});
}

}  // namespace aerotool::tasks

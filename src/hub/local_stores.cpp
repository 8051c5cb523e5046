#include "hub/local_stores.hpp"

#include "core/error.hpp"
#include "core/text.hpp"
#include "hub/content_name.hpp"
#include "hub/hf_cache.hpp"
#include "hub/ollama.hpp"
#include "io/listing.hpp"
#include "io/relative_path.hpp"

namespace aerotool::hub {

namespace {

/// Why a file of a snapshot, to be named by the user, is not there.
std::string problem_of_link(const std::string& directory, const std::string& name) {
  const std::string real = io::real_path(directory);
  return real.empty() || name.empty() ? std::string{} : open_in_snapshot(real, name).problem;
}

}  // namespace

io::LinkPolicy link_policy(bool follow) {
  return {.follow = follow, .open_stored = open_in_snapshot, .promised_sha256 = promised_sha256};
}

std::string place_in_store(const std::string& operand, const std::function<void(const std::string&)>& note) {
  if (operand == "-") return operand;
  if (is_ollama_name(operand)) return ollama_blob(operand);
  const io::FileType type = io::type_of(operand);
  if (type == io::FileType::regular) return blob_of_manifest(operand).value_or(operand);
  if (type == io::FileType::none) {
    const std::string problem = problem_of_link(io::directory_of(operand), std::string(last_name(operand)));
    if (!problem.empty()) throw IoError({operand, {}, {}}, problem);
  }
  if (type != io::FileType::directory) return operand;
  const auto snapshot = snapshot_in_use(operand);
  if (!snapshot) return operand;
  if (note)
    note(describe({operand, {}, {}},
                  "read as its snapshot " + std::string(last_name(*snapshot)) + " (refs/main)"));
  return *snapshot;
}

}  // namespace aerotool::hub

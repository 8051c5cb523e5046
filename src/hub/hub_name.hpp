// Names of what lies in the repositories of a hub: hf://[models/|datasets/|spaces/]OWNER/NAME[@REV][/PATH],
// and hf://OWNER/NAME[@REV]:TYPE of one model among many that differ in their types.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aerotool::hub {

enum class RepositoryKind : std::uint8_t { model, dataset, space };

struct HubName {
  RepositoryKind kind = RepositoryKind::model;
  std::string owner;
  std::string name;
  std::string revision;  ///< a branch, tag, commit or refs/...; empty: the main branch
  std::string path;   ///< without slashes at its ends and without dot segments; empty: the whole repository
  std::string quant;  ///< "Q4_K_M"; only where the path is empty

  /// "OWNER/NAME".
  std::string repository() const { return owner + "/" + name; }
  /// The revision to ask for.
  std::string asked_revision() const { return revision.empty() ? "main" : revision; }
  /// The repository and the revision, as they are typed: what parse_hub_name() reads as the same.
  std::string shown_repository() const;
  /// All of it.
  std::string shown() const;
  bool operator==(const HubName&) const = default;
};

/// "models", "datasets" or "spaces", as the hub's API has them.
std::string_view kind_segment(RepositoryKind kind);

/// Whether a word is meant as such a name: it begins with hf://, in either case.
bool is_hub_name(std::string_view text);

/// Throws UsageError that says what is wrong. A revision is percent-encoded where it has a slash, but
/// refs/pr/N and refs/convert/X; a path is taken as it stands.
HubName parse_hub_name(std::string_view text);

/// Why a file of a repository cannot have this path, in words for a message; empty where it can: it is
/// relative, in UTF-8, and has no empty or dot segments, control characters and backslashes.
std::string problem_of_hub_path(std::string_view path);

/// Whether a revision is a commit in full, 40 hexadecimal digits in lower case, and so never another one.
bool is_commit(std::string_view revision);

}  // namespace aerotool::hub

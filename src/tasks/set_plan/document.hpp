// A plan as a file: a JSON document that says which command is carried out in parts, on which inputs, and
// what each part is (src/BEHAVIOUR.md, "Plans").
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aerotool::tasks {

/// A command line: what a plan carries out.
struct PlannedCommand {
  std::string name;  ///< "pack-set"
  std::vector<std::string> operands;
  std::map<std::string, std::vector<std::string>, std::less<>> options;  ///< by their long names
};

/// A file that is read, and which state of it.
struct PlannedInput {
  std::string path;
  std::uint64_t size = 0;
  std::optional<std::int64_t> modified;  ///< of a file here, in nanoseconds since 1970
  std::string etag;                      ///< of one on a server, where it has one
  std::string sha256;                    ///< where a store, a hub or an index says it; hexadecimal

  bool operator==(const PlannedInput&) const = default;
};

struct PlannedPart {
  std::string file;         ///< that the part makes, or checks
  std::uint64_t bytes = 0;  ///< of weights, or of the file
  std::vector<std::string> tensors;

  bool operator==(const PlannedPart&) const = default;
};

struct PlanDocument {
  PlannedCommand command;
  std::vector<PlannedInput> inputs;
  std::vector<PlannedInput> side_files;  ///< of these by their paths in the model
  std::vector<PlannedPart> parts;
  std::vector<std::string> closing;  ///< files that come with the last step
};

/// The same document gives the same text.
std::string render(const PlanDocument& document);

/// Throws CorruptError, which calls the text `path`, and UnsupportedError where it is of another version.
PlanDocument parse_plan(std::string_view text, const std::string& path);

/// What the plan is called: 16 hexadecimal digits of its BLAKE3.
std::string plan_id(std::string_view text);

}  // namespace aerotool::tasks

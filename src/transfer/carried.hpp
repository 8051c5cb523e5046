// What a plan passes on of what its first model holds beyond its tensors (src/formats/aero/FORMAT.md, "What
// AERO carries beyond tensors").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/index_metadata.hpp"
#include "transfer/plan.hpp"

namespace aerotool {

/// What of the first model's layout still holds for what a plan writes, piece by piece. A plan that chooses
/// among the tensors or aligns them asks for a file that is laid out anew; one that changes names or metadata
/// does not (src/formats/aero/FORMAT.md, "What AERO carries beyond tensors").
struct Kept {
  bool order = false;  ///< of the tensors in one file: the plan has all of them, and no others
  bool files = false;  ///< which tensors lie in which file
  bool index = false;  ///< of these files: the names are the same too
  bool head = false;   ///< it says of every tensor what the plan does, and the metadata is the source's
  bool gaps = false;   ///< every tensor has the place and size that it had

  bool all() const { return order && files && index && head && gaps; }
  /// All but what names and metadata say.
  bool layout() const { return order && files && gaps; }
};
Kept kept(const Plan& plan);

struct Carried {
  /// The first model's source: of order, head, gaps and files what is kept; with the plan's name and
  /// architecture in its metadata. Orders are indexes into Plan::tensors.
  Source source;
  Kept kept;
  /// What the index of the first model's files says of the model; also where the index is left out.
  IndexMetadata index_metadata;
  /// What is left out, a line each.
  std::vector<std::string> dropped;
};

/// Whether what is written is to bring the source's files back.
enum class Recording : std::uint8_t { no, yes };

/// Whether who asks gives heads that do not hold any more the new names and metadata.
enum class Heads : std::uint8_t { dropped, edited };

/// Throws CorruptError where the source's orders do not name every tensor once.
Carried carried(const Plan& plan, Recording recording = Recording::no, Heads heads = Heads::dropped);

/// Leaves order, head, gaps and files out of a source but for what is kept, and says so.
void drop_layout(Source& source, std::vector<std::string>& dropped, const Kept& kept = {});

/// Notes how many bytes of a source belong to no tensor, if they are more than padding.
void add_lost_gaps(const Source& source, std::vector<std::string>& lost);

/// The line that says what of an index is not kept; nothing where it says nothing.
std::vector<std::string> lost_index(const IndexMetadata& metadata);

/// The line that says that one file has no place for the plan's side files; nothing where there are none.
/// What is not kept is held to its hash as well: throws CorruptError.
std::vector<std::string> lost_side_files(const Plan& plan);

/// What a model is called and of what architecture it is: as the plan says, else its first model, whose
/// source is given; empty where that has nothing but what AERO files hold where nobody said anything (the
/// name of a path, "converted", "unknown").
struct Naming {
  std::string name;
  std::string architecture;
};
Naming naming(const Plan& plan, const Source& source);

/// A line for each model that holds what only its own format passes on. With `but_text`, the first one's
/// members that are text are kept somewhere else.
std::vector<std::string> lost_own_content(const Plan& plan, bool but_text);

/// The keys under which metadata of a kind names a model: GGUF's when typed, else those of safetensors.
struct NameKeys {
  std::string_view name;
  std::string_view architecture;
};
NameKeys name_keys(bool typed_metadata);
/// Whether a source's metadata has GGUF's keys for them.
bool has_typed_names(const Source& source);

/// GGUF's key for the alignment of its tensors: who changes it asks for another layout.
inline constexpr std::string_view kGgufAlignment = "general.alignment";

/// Throws UnsupportedError where the plan sets a key that the target has no place for; else what is lost of
/// the source is nobody's wish.
void require_place(const Plan& plan, std::string_view key, const std::string& why);

}  // namespace aerotool

// ggml's types by their ids: those that GGUF defines, those that were removed from it, and those of forks,
// which use the same files with ids of their own. What GGUF does not define is called by its number
// ("type 139"): the same id may mean something else to another fork.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace aerotool::ggml {

/// What PackedType::codec calls these types.
inline constexpr std::string_view kCodec = "ggml";

enum class Origin { gguf, removed, ik };

/// A type that is stored in blocks. Sizes of 0 are not known.
struct BlockType {
  std::uint32_t id = 0;
  std::string_view name;
  std::uint32_t block_elements = 0;
  std::uint32_t block_bytes = 0;
  std::uint32_t row_bytes = 0;  ///< that stand before the blocks of each row
  Origin origin = Origin::gguf;
};

/// By id.
std::span<const BlockType> block_types();

/// "type 139".
std::string number_name(std::uint32_t id);
/// Of an id that GGUF does not define: "type 139 (IQ4_K of ik_llama.cpp)".
std::string type_label(std::uint32_t id);
/// Why it is none of GGUF's, and what helps: "ggml type 31 (Q4_0_4_4) was removed from GGUF; make the file
/// again as Q4_0".
std::string type_problem(std::uint32_t id);

}  // namespace aerotool::ggml

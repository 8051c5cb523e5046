// What of a model is in objects of several tensors, and what is encoded.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/json_out.hpp"
#include "cli/text_out.hpp"
#include "model/model.hpp"

namespace aerotool::commands {

/// Objects of one layout.
struct LayoutShare {
  std::string layout;
  std::uint64_t objects = 0;
  std::uint64_t elements = 0;           ///< of their shapes
  std::uint64_t elements_of_parts = 0;  ///< of their tensors
  std::optional<std::uint64_t> values;  ///< that sparse ones store
  std::uint64_t bytes = 0;
};

/// By layout.
std::vector<LayoutShare> shares_by_layout(const Model& model);

/// Tensors that are encoded alike, one by one.
struct EncodingShare {
  StoredEncoding encoding = StoredEncoding::raw;
  std::uint64_t tensors = 0;
  std::uint64_t stored = 0;
  std::uint64_t decoded = 0;
};

std::vector<EncodingShare> shares_by_encoding(const Model& model);

/// "zstd of 4 tensors, 4.0 KiB in 1.2 KiB"
std::string text_of(const EncodingShare& share);

/// "12.5 %"
std::string percent_text(std::uint64_t part, std::uint64_t whole);

void print_layouts(const std::vector<LayoutShare>& layouts, cli::TextOut& out);
/// As members "layouts" and "encodings", where there are any.
void add_shares(const std::vector<LayoutShare>& layouts, const std::vector<EncodingShare>& encodings,
                cli::JsonOut& json);

}  // namespace aerotool::commands

#include "transfer/transforms/quantized/compressed_scheme.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace aerotool::quantized {
namespace {

std::string text_or(const Value& map, std::string_view key, std::string_view otherwise) {
  return std::string(text_at(map, key).value_or(otherwise));
}

CompressedScheme scheme_of(const Value& group, const Value& weights, std::string_view format) {
  CompressedScheme scheme;
  scheme.format = text_or(group, "format", format);
  scheme.type = text_or(weights, "type", "int");
  scheme.bits = unsigned_at(weights, "num_bits").value_or(8);
  scheme.group_size = unsigned_at(weights, "group_size").value_or(0);
  scheme.symmetric = boolean_at(weights, "symmetric").value_or(true);
  scheme.block = unsigned_list_at(weights, "block_structure").value_or(std::vector<std::uint64_t>{});
  // Nothing said, the library takes one for all, or groups where they have a size.
  scheme.strategy = text_or(weights, "strategy", scheme.group_size != 0 ? "group" : "tensor");
  return scheme;
}

std::vector<CompressedScheme> schemes_in(const Module& module) {
  const Value& said = module.config().said();
  const Value* const groups = said.find("config_groups");
  if (groups == nullptr || groups->type != ValueType::map) module.refuse_config("nothing of config_groups");
  const std::string format = text_or(said, "format", "");
  std::vector<CompressedScheme> schemes;
  for (const auto& [name, group] : groups->map()) {
    const Value* const weights = group.find("weights");
    if (weights == nullptr || weights->type != ValueType::map) continue;
    CompressedScheme scheme = scheme_of(group, *weights, format);
    if (std::ranges::find(schemes, scheme) == schemes.end()) schemes.push_back(std::move(scheme));
  }
  if (schemes.empty()) module.refuse_config("nothing of weights in its config_groups");
  return schemes;
}

}  // namespace

CompressedScheme scheme_that_fits(const Module& module,
                                  const std::function<std::string(const CompressedScheme&)>& problem) {
  const std::vector<CompressedScheme> schemes = schemes_in(module);
  const CompressedScheme* found = nullptr;
  std::string first_problem;
  for (const CompressedScheme& scheme : schemes) {
    const std::string why = problem(scheme);
    if (!why.empty()) {
      if (first_problem.empty()) first_problem = why;
      continue;
    }
    if (found != nullptr) module.refuse("fits several of the config_groups in " + module.config().file());
    found = &scheme;
  }
  if (found == nullptr) {
    if (schemes.size() == 1) module.refuse_config(first_problem);
    module.refuse("fits none of the config_groups in " + module.config().file() +
                  ", the first of which has " + shortened(escape_controls(first_problem)));
  }
  return *found;
}

std::optional<BlockSize> block_size(const CompressedScheme& scheme, std::uint64_t rows,
                                    std::uint64_t columns) {
  const std::uint64_t all_rows = std::max<std::uint64_t>(rows, 1);
  const std::uint64_t all_columns = std::max<std::uint64_t>(columns, 1);
  if (scheme.strategy == "tensor") return BlockSize{all_rows, all_columns};
  if (scheme.strategy == "channel") return BlockSize{1, all_columns};
  if (scheme.strategy == "group" || scheme.strategy == "tensor_group") {
    if (scheme.group_size == 0) return std::nullopt;
    return BlockSize{1, scheme.group_size};
  }
  if (scheme.strategy == "block" && scheme.block.size() == 2 && scheme.block[0] != 0 && scheme.block[1] != 0)
    return BlockSize{scheme.block[0], scheme.block[1]};
  return std::nullopt;
}

bool is_scale_of(const Shape& scale, const BlockSize& block, std::uint64_t rows, std::uint64_t columns) {
  const std::uint64_t grid_rows = pieces_of(rows, block.rows);
  const std::uint64_t grid_columns = pieces_of(columns, block.columns);
  if (scale == Shape{grid_rows, grid_columns}) return true;
  // One for all, or for each row, may have lost dimensions of 1.
  if (grid_columns == 1 && scale == Shape{grid_rows}) return true;
  return grid_rows == 1 && grid_columns == 1 && scale.empty();
}

}  // namespace aerotool::quantized

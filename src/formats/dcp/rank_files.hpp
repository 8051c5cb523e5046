// What FSDP2 leaves where each process calls torch.save() with its own DTensors: a file for each process, as
// verl and accelerate call them (src/formats/dcp/FORMAT.md, "Without an index").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/dcp/parts.hpp"
#include "io/input.hpp"
#include "model/report.hpp"

namespace aerotool::dcp {

/// model_world_size_4_rank_2.pt, pytorch_model_fsdp_0_rank2.bin
struct RankFileName {
  std::string of;                      ///< all of the name but the rank: the same of all of them
  std::optional<std::uint32_t> count;  ///< of processes, where the name says it
  std::uint32_t rank = 0;
};
std::optional<RankFileName> rank_file_name(std::string_view name);

/// Of all that lie beside one of them. Throws
/// CorruptError and UnsupportedError.
Parts parts_of_rank_files(const io::Input& named, Report& report);

}  // namespace aerotool::dcp

#include "formats/aero/read/tensor_table.hpp"

#include <algorithm>
#include <optional>

#include "core/checked.hpp"
#include "core/text.hpp"
#include "formats/aero/rules/tensors.hpp"

namespace aerotool::aero {
namespace {

/// Orders tensor numbers by their shard alone.
struct ByShard {
  const std::vector<Tensor>& tensors;
  bool operator()(std::uint32_t tensor, std::size_t shard) const { return tensors[tensor].shard < shard; }
  bool operator()(std::size_t shard, std::uint32_t tensor) const { return shard < tensors[tensor].shard; }
};

class Resolver {
 public:
  Resolver(OpenedFile& file, ShardMap& shards, FileKind kind, TensorTable& table, Report& report)
      : file_(file), shards_(shards), kind_(kind), table_(table), report_(report) {}

  /// Returns how many entries are left.
  std::size_t run() {
    auto& tensors = table_.tensors;
    auto& placements = table_.placements;
    if (kind_ == FileKind::file && shards_.size() == 0 && file_.cut_off.empty() && !tensors.empty()) {
      report_.unreadable(Code::malformed, file_.where(),
                         "lists " + plural(tensors.size(), "tensor") +
                             ", but holds no weights: the index of a set is read through its "
                             "model.aeroset.json");
      tensors.clear();
      placements.clear();
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (!resolve(tensors[i], placements[i])) {
        if (report_.full()) break;  // nobody is told of the others
        continue;
      }
      if (kept != i) {
        tensors[kept] = std::move(tensors[i]);
        placements[kept] = placements[i];
      }
      ++kept;
    }
    tensors.resize(kept);
    placements.resize(kept);
    return kept;
  }

 private:
  /// Sets dtype, shape, size and place of one tensor; false where it cannot be used.
  bool resolve(Tensor& tensor, const Placement& placement) {
    const auto dtype = dtype_of(tensor, placement);
    if (!dtype) return false;
    tensor.dtype = *dtype;
    if (file_.reversed_shapes) std::reverse(tensor.shape.begin(), tensor.shape.end());
    const ByteSize size = dtype->size_of(tensor.shape);
    if (!size.problem.empty()) {
      report_.unreadable(Code::shape, file_.where(tensor.name), size.problem);
      return false;
    }
    const std::uint64_t stored = tensor.size;
    if (size.bytes && file_.reversed_shapes && *size.bytes <= stored) tensor.size = *size.bytes;
    if (size.bytes && *size.bytes != tensor.size) {
      report_.unreadable(Code::shape, file_.where(tensor.name),
                         "data_len is " + std::to_string(stored) + ", but " + escape_controls(dtype->name()) +
                             " " + aerotool::to_string(tensor.shape) + " takes " +
                             std::to_string(*size.bytes) + " bytes");
      return false;
    }
    return kind_ == FileKind::set_index || place(tensor, placement, stored);
  }

  std::optional<DType> dtype_of(const Tensor& tensor, const Placement& placement) {
    if (placement.dtype_code != static_cast<std::uint64_t>(DTypeCode::packed)) {
      const auto code = dtype_from_code(placement.dtype_code);
      if (!code) {
        report_.unreadable(Code::dtype, file_.where(tensor.name),
                           "dtype code " + std::to_string(placement.dtype_code) + " is not known");
        return std::nullopt;
      }
      return DType(*code);
    }
    if (placement.quant_id) {
      if (const DType* found = table_.types.find(*placement.quant_id); found != nullptr) {
        if (placement.named_type != nullptr && !(DType(*placement.named_type) == *found)) {
          report_.unreadable(Code::dtype, file_.where(tensor.name),
                             "quant_params name " + escape_controls(placement.named_type->name) +
                                 ", but the descriptor of quant id " + std::to_string(*placement.quant_id) +
                                 " names " + escape_controls(found->name()));
          return std::nullopt;
        }
        if (placement.element_bytes != 0 && found->packed().block_bytes != placement.element_bytes) {
          report_.unreadable(Code::dtype, file_.where(tensor.name),
                             "quant_params say elements of " + plural(placement.element_bytes, "byte") +
                                 ", but the descriptor of quant id " + std::to_string(*placement.quant_id) +
                                 " does not");
          return std::nullopt;
        }
        return *found;
      }
      report_.fault(Code::dtype, file_.where(tensor.name),
                    "quant id " + std::to_string(*placement.quant_id) + " has no descriptor");
    } else {
      report_.fault(Code::dtype, file_.where(tensor.name), "is packed, but has no quant_id");
    }
    if (placement.named_type != nullptr) return DType(*placement.named_type);
    return table_.types.unknown();
  }

  /// Sets the place of a tensor that takes `stored` bytes in its shard.
  bool place(Tensor& tensor, const Placement& placement, std::uint64_t stored) {
    const auto shard = shards_.with_id(placement.shard_id);
    if (!shard) {
      if (!file_.cut_off.empty() &&
          file_.cut_off.holds(shard_name(placement.shard_id), tensor, placement.data_offset, stored))
        return false;
      report_.unreadable(Code::placement, file_.where(tensor.name),
                         "lies in shard " + std::to_string(placement.shard_id) + ", but there is no chunk '" +
                             shard_name(placement.shard_id) + "'");
      return false;
    }
    const Chunk& chunk = shards_[*shard];
    if (!range_fits(placement.data_offset, stored, chunk.length)) {
      report_.unreadable(Code::placement, file_.where(tensor.name),
                         std::to_string(stored) + " bytes at " + std::to_string(placement.data_offset) +
                             " are not inside " + escape_controls(chunk.name) + " of " +
                             std::to_string(chunk.length) + " bytes");
      return false;
    }
    tensor.shard = static_cast<std::uint32_t>(*shard);
    tensor.offset = chunk.offset + placement.data_offset;
    return true;
  }

  OpenedFile& file_;
  ShardMap& shards_;
  FileKind kind_;
  TensorTable& table_;
  Report& report_;
};

}  // namespace

std::span<const std::uint32_t> TensorTable::of_shard(std::size_t shard) const {
  const auto [first, last] = std::equal_range(by_place.begin(), by_place.end(), shard, ByShard{tensors});
  return {first, last};
}

TensorTable read_tensor_table(OpenedFile& file, ShardMap& shards, FileKind kind, const TensorTable* index,
                              Report& report) {
  TensorTable table;
  const Chunk* chunk = file.find(kTensorIndex);
  if (chunk == nullptr) {
    file.cut_off.report(file.path(), report);
    return table;
  }
  TensorIndex listed = read_tensor_index(*file.input, *chunk, file.memory_left, report);
  table.tensors = std::move(listed.tensors);
  table.placements = std::move(listed.placements);
  table.extras = std::move(listed.extras);
  table.types.read(file, index != nullptr ? &index->types : nullptr, report);
  const std::size_t kept = Resolver(file, shards, kind, table, report).run();
  table.all_usable = listed.complete && kept == listed.entry_count;
  file.cut_off.report(file.path(), report);
  check_tensor_names(table.tensors, file.path(), report);
  if (kind == FileKind::file) {
    table.by_place = order_by_place(table.tensors);
    check_tensor_overlaps(table.tensors, table.by_place, file.path(), report);
    // The tensors say it all by now.
    std::vector<Placement>().swap(table.placements);
    table.types.forget_ids();
  }
  return table;
}

void add_tensors_in(const TensorTable& table, const std::string& path, std::size_t shard, std::uint64_t begin,
                    std::uint64_t end, std::vector<HitTensor>& hit) {
  const auto members = table.of_shard(shard);
  auto at = std::partition_point(members.begin(), members.end(), [&](std::uint32_t i) {
    return table.tensors[i].offset + table.tensors[i].size <= begin;
  });
  for (; at != members.end() && table.tensors[*at].offset < end; ++at) {
    const Tensor& tensor = table.tensors[*at];
    if (tensor.size != 0) hit.push_back({tensor.name, path, tensor.offset, tensor.size});
  }
}

std::vector<HitTensor> tensors_in(const TensorTable& table, const ShardMap& shards, const std::string& path,
                                  std::uint64_t begin, std::uint64_t end) {
  std::vector<HitTensor> hit;
  for (std::size_t shard = 0; shard < shards.size(); ++shard) {
    const Chunk& chunk = shards[shard];
    if (chunk.offset < end && begin < chunk.end()) add_tensors_in(table, path, shard, begin, end, hit);
  }
  return hit;
}

}  // namespace aerotool::aero

#include "formats/torch/shares.hpp"

#include <utility>

#include "core/text.hpp"
#include "formats/torch/contents.hpp"
#include "formats/torch/globals.hpp"

namespace aerotool::torch {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

namespace {

constexpr std::size_t kMaxShareRank = 64;

/// Of an object that is built with a dict.
NodeId attribute(const Nodes& nodes, NodeId object, std::string_view name) {
  if (nodes.kind(object) != Kind::object) return pickle::kNoNode;
  const NodeId state = nodes.state(object);
  return nodes.kind(state) == Kind::dict ? nodes.find(state, name) : pickle::kNoNode;
}

std::string_view class_name(const Nodes& nodes, NodeId object) {
  if (nodes.kind(object) != Kind::object) return {};
  const NodeId target = nodes.target(object);
  if (nodes.kind(target) != Kind::global) return {};
  const pickle::Global& global = nodes.global(target);
  // "torch.distributed._tensor.placement_types" up to torch 2.4.
  const bool is_torchs = global.module.starts_with("torch.distributed.tensor.") ||
                         global.module.starts_with("torch.distributed._tensor.");
  return is_torchs ? std::string_view(global.name) : std::string_view();
}

/// False where it is no shape.
bool read_shape(const Nodes& nodes, NodeId id, Shape& shape) {
  bool is_shape = true;
  for_each_member(nodes, resolved(nodes, id), [&](const Place& /*place*/, NodeId size) {
    is_shape = is_shape && nodes.kind(size) == Kind::integer && nodes.integer(size) >= 0 &&
               shape.size() < kMaxShareRank;
    if (is_shape) shape.push_back(static_cast<std::uint64_t>(nodes.integer(size)));
  });
  return is_shape && container_of(nodes, resolved(nodes, id)) == Container::sequence;
}

std::string problem_of_placements(const Nodes& nodes, NodeId placements, Share& share) {
  if (nodes.kind(placements) != Kind::tuple && nodes.kind(placements) != Kind::list)
    return "has no placements";
  const auto items = nodes.items(placements);
  if (items.size() != 1) {
    return "is divided along " + plural(items.size(), "axis", "axes") +
           " of processes, and such parts are put together along one alone";
  }
  const std::string_view placement = class_name(nodes, items[0]);
  if (placement == "Replicate") return {};
  if (placement != "Shard")
    return "is placed as " + shown(class_of(nodes, items[0])) + ", which is not put together";
  const NodeId dimension = attribute(nodes, items[0], "dim");
  if (dimension == pickle::kNoNode || nodes.kind(dimension) != Kind::integer)
    return "is cut along no dimension";
  std::int64_t number = nodes.integer(dimension);
  const auto rank = static_cast<std::int64_t>(share.shape.size());
  if (number < 0) number += rank;
  if (number < 0 || number >= rank) return "is cut along a dimension that it does not have";
  share.cut_along = static_cast<std::uint64_t>(number);
  return {};
}

std::string problem_of(const Nodes& nodes, std::span<const NodeId> arguments, Share& share) {
  if (arguments.size() < 4) return "does not say which part of a tensor it is";
  // (DTensor, dtype, size, ...)
  const auto made_of = nodes.items(arguments[2]);
  if (nodes.kind(arguments[2]) != Kind::tuple || made_of.size() < 3) return "does not say its size";
  if (nodes.kind(made_of[1]) == Kind::global) share.type = dtype_global(nodes.global(made_of[1]));
  if (share.type == nullptr) return "is of a type that is not known";
  if (!read_shape(nodes, made_of[2], share.shape)) return "has no shape";
  // (None, {"_local_tensor": ..., "_spec": ...})
  NodeId state = arguments[3];
  if (nodes.kind(state) == Kind::tuple && nodes.items(state).size() == 2) state = nodes.items(state)[1];
  if (nodes.kind(state) != Kind::dict) return "does not say which part of a tensor it is";
  share.local = nodes.find(state, "_local_tensor");
  if (share.local == pickle::kNoNode || nodes.kind(share.local) != Kind::record) return "has no part of it";
  const NodeId placements = attribute(nodes, nodes.find(state, "_spec"), "placements");
  return problem_of_placements(nodes, placements, share);
}

}  // namespace

bool is_distributed(const pickle::Global& global) {
  return global.name == "DTensor" &&
         (global.module == "torch.distributed.tensor" || global.module == "torch.distributed._tensor" ||
          global.module.starts_with("torch.distributed.tensor.") ||
          global.module.starts_with("torch.distributed._tensor."));
}

std::string reason_of_class(const pickle::Global& global) {
  const std::string text = "is a " + shown(global.full_name());
  if (is_distributed(global)) return text + ": this file has the part of one process, and not the tensor";
  if (global.module.starts_with("torch.distributed._shard.sharded_tensor"))
    return text + ": one process's part of FSDP1's state, and such parts are not put together";
  return text + ": what the values of such a tensor are, that class says";
}

Share share_of(const Nodes& nodes, std::span<const NodeId> arguments) {
  Share share;
  share.local = pickle::kNoNode;
  share.problem = problem_of(nodes, arguments, share);
  return share;
}

}  // namespace aerotool::torch

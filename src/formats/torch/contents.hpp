// What lies in a node of a checkpoint's pickle, whatever it is made by: a dict, an OrderedDict that is called
// with pairs, an object with attributes (src/formats/torch/FORMAT.md, "Names").
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "encoding/pickle/nodes.hpp"

namespace aerotool::torch {

/// The node that a node stands for: what TorchScript calls a list is that list.
pickle::NodeId resolved(const pickle::Nodes& nodes, pickle::NodeId id);

/// What a node is to who walks through it.
enum class Container {
  none,     ///< nothing lies in it
  mapping,  ///< dicts of all kinds
  sequence,
  object,  ///< attributes, and what was set on it and added to it
  module,  ///< an object with parameters, buffers and modules
};
Container container_of(const pickle::Nodes& nodes, pickle::NodeId id);

/// A key of a mapping, or nothing and a number in a sequence.
struct Place {
  pickle::NodeId key = pickle::kNoNode;
  std::size_t number = 0;
};
using VisitMember = std::function<void(const Place& place, pickle::NodeId value)>;

/// Calls `visit` for all that lies in a node, in order; of a module its attributes.
void for_each_member(const pickle::Nodes& nodes, pickle::NodeId id, const VisitMember& visit);

/// What a module's state_dict() has, in its order: parameters, buffers that are kept, modules.
void for_each_state(const pickle::Nodes& nodes, pickle::NodeId module, const VisitMember& visit);

/// The class of an object, or what is called: "argparse.Namespace"; empty where it is neither.
std::string class_of(const pickle::Nodes& nodes, pickle::NodeId id);

/// A key as it stands in a tensor's path: text as it is, numbers as Python prints them, a class as
/// "module.Name". Cut where it is longer than a name may be.
std::string key_text(const pickle::Nodes& nodes, pickle::NodeId key);
std::string text_of(const pickle::Nodes& nodes, const Place& place);

/// As UTF-8 where it is, else each byte as a character of latin-1.
std::string text_of_bytes(std::string_view bytes);

/// An integer of any size, in decimal.
std::string decimal(const pickle::Nodes& nodes, pickle::NodeId integer);

}  // namespace aerotool::torch

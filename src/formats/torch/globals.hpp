// What torch, NumPy and Python mean by the globals of a checkpoint, as far as that is known here; and what is
// said of the others (src/formats/torch/FORMAT.md, "Globals").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "encoding/pickle/globals.hpp"
#include "encoding/pickle/nodes.hpp"
#include "formats/torch/types.hpp"
#include "model/report.hpp"

namespace aerotool::torch {

/// What calling a global gives.
enum class Meaning : std::uint8_t {
  unknown,
  value,            ///< known and harmless, but it is not for calling: a dtype, a class of storages
  harmless,         ///< an object of Python's library that is no container
  mapping,          ///< of pairs, or of a mapping
  default_mapping,  ///< the same behind a class
  sequence,         ///< of a sequence
  itself,           ///< its first argument
  bytes,
  complex,
  device,
  layout,
  instance,   ///< an object of the class that is its first argument
  attribute,  ///< of its first argument: harmless where that is a class of members of an enumeration
  tensor,
  tensor_v2,
  tensor_v3,
  parameter,  ///< its first argument, a tensor
  from_type,  ///< what its first argument makes of its third one, of the class that is its second one
  sparse,
  quantized,
  nested,
  meta,
  unread_tensor,
  numpy_array,
  numpy_scalar,
  numpy_dtype,
};

Meaning meaning_of(const pickle::Global& global);
/// Of what a node calls; unknown for what is no call, or one of no global.
Meaning meaning_of_call(const pickle::Nodes& nodes, pickle::NodeId call);

/// Whether a tensor of this class is one whose values are its elements.
bool is_plain_tensor_class(const pickle::Global& global);

/// Whether it is such a class, whose members Python 3.11 writes as getattr(class, name).
bool is_enumeration(const pickle::Global& global);

/// The type of the elements of torch.FloatStorage, torch.cuda.FloatStorage, ...; null for any other.
const ElementType* storage_class(const pickle::Global& global);
/// torch.float32, ...; null for any other.
const ElementType* dtype_global(const pickle::Global& global);

/// Tells which globals would have done harm had anybody run the pickle, and which are not known: faults when
/// judging, else warnings. `called` names those that something else than REDUCE would have called.
void judge_globals(const std::string& path, const std::vector<pickle::Global>& globals,
                   const std::vector<std::string>& called, Report& report);

}  // namespace aerotool::torch

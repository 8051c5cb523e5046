// The objects of an AERO file: MMSG's "source" describes them, and TIDX says which tensors their parts are
// (src/formats/aero/FORMAT.md, "What AERO carries beyond tensors").
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "encoding/value.hpp"
#include "model/object.hpp"
#include "model/report.hpp"

namespace aerotool::aero {

/// Members of TIDX entries, by index.
using TensorExtras = std::map<std::uint64_t, MapItems>;

/// Whether any entry says that it is a part.
bool any_part(const TensorExtras& extras);

/// Takes out what entries say of parts.
TensorExtras without_parts(TensorExtras extras);

/// The objects with their tensors. What contradicts itself is a fault; an object of which a part is not there
/// is left out.
std::vector<Object> join_objects(std::vector<Object> described, const TensorExtras& extras,
                                 const Where& where, Report& report);

}  // namespace aerotool::aero

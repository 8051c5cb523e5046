#include "formats/aero/extras.hpp"

#include <utility>

namespace aerotool::aero {

Extras extras_of(const Model& model) {
  const auto* holder = dynamic_cast<const HoldsExtras*>(&model);
  return holder == nullptr ? Extras{} : holder->extras();
}

OwnContent own_content_of(Extras extras) {
  const bool more = !extras.chunks.empty() || !extras.manifest.empty() || !extras.tensors.empty();
  return {"AERO", std::move(extras.json), more};
}

}  // namespace aerotool::aero

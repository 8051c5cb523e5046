#include "formats/gguf/other_types.hpp"

#include "codecs/ggml/types.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool::gguf {

bool OtherTypes::note(std::uint32_t id, std::string_view tensor) {
  Use& use = uses_[id];
  if (use.count++ == 0) use.first = shortened(tensor);
  return uses_.size() <= kMax;
}

void OtherTypes::add(const OtherTypes& other) {
  for (const auto& [id, use] : other.uses_) {
    Use& all = uses_[id];
    if (all.count == 0) all.first = use.first;
    all.count += use.count;
  }
}

DType OtherTypes::unmeasured(std::uint32_t id) {
  return DType(types_.try_emplace(id, unmeasured_ggml_type(id)).first->second);
}

/// "3 tensors have types that GGUF does not define: 2 of type 139 (IQ4_K of ik_llama.cpp), ..."
std::string OtherTypes::summary() const {
  constexpr std::size_t kMaxListed = 8;
  std::uint64_t tensors = 0;
  std::size_t listed = 0;
  std::string list;
  for (const auto& [id, use] : uses_) {
    tensors += use.count;
    if (++listed > kMaxListed) continue;
    list += (listed == 1 ? "" : ", ") + with_thousands(use.count) + " of " + ggml::type_label(id);
  }
  if (listed > kMaxListed) list += ", and " + plural(listed - kMaxListed, "more type");
  return plural(tensors, "tensor") + " have types that GGUF does not define: " + list;
}

void OtherTypes::report(const std::string& path, Report& report) const {
  if (uses_.empty()) return;
  if (!report.judging() && uses_.size() > 1) {
    report.warning(Code::other_dtype, {path, {}, {}}, summary());
    return;
  }
  for (const auto& [id, use] : uses_) {
    const bool one = use.count == 1;
    const std::string message =
        ggml::type_problem(id) + (one ? ""
                                      : "; " + plural(use.count, "tensor") + " have it, the first is '" +
                                            escape_controls(use.first) + "'");
    Where where{path, {}, one ? use.first : std::string{}};
    if (report.judging()) {
      report.fault(Code::dtype, std::move(where), message);
    } else {
      report.warning(Code::other_dtype, std::move(where), message);
    }
  }
}

}  // namespace aerotool::gguf

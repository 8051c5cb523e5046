#include "transfer/refusals.hpp"

#include <algorithm>

#include "codecs/ggml/decode.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "model/ggml_dtype.hpp"

namespace aerotool {
namespace {

constexpr std::size_t kMaxNames = 10;
// There are as many kinds as types, and a hostile file has many types.
constexpr std::size_t kMaxKinds = 20;

}  // namespace

void Refusals::add(const PlannedTensor& planned, const std::string& reason, std::string message) {
  if (count_++ == 0) {
    first_ = {planned.path(), {}, shortened(planned.tensor().name)};
    message_ = std::move(message);
  }
  auto kind = std::find_if(kinds_.begin(), kinds_.end(), [&](const Kind& k) { return k.reason == reason; });
  if (kind == kinds_.end()) {
    if (kinds_.size() == kMaxKinds) return;
    kind = kinds_.insert(kind, {reason, 0, {}});
  }
  ++kind->count;
  if (kind->names.size() < kMaxNames)
    kind->names.push_back("'" + escape_controls(shortened(planned.tensor().name)) + "'");
}

void Refusals::add_type(const PlannedTensor& planned) {
  const DType& dtype = planned.tensor().dtype;
  const auto id = ggml_id(dtype);
  if (dtype.is_packed() && id && ggml::block_decoder(*id) != nullptr) decodable_ = true;
  const std::string reason = "no type for " + escape_controls(dtype.name());
  add(planned, reason, format_ + " has " + reason);
}

void Refusals::require_none(const Plan& plan) const {
  if (count_ == 0) return;
  const std::string hint = decodable_ ? "; --dequantize decodes quantized types" : "";
  if (count_ == 1) throw UnsupportedError(first_, message_ + hint);
  std::string text = format_ + " cannot hold " + plural(count_, "tensor") + ": ";
  std::size_t told = 0;
  for (const Kind& kind : kinds_) {
    text += (told == 0 ? "" : "; ") + kind.reason + " (" +
            (kind.count == 1 ? "" : plural(kind.count, "tensor") + ": ");
    for (std::size_t i = 0; i < kind.names.size(); ++i) text += (i == 0 ? "" : ", ") + kind.names[i];
    text += kind.names.size() < kind.count ? ", ...)" : ")";
    told += kind.count;
  }
  if (told < count_) text += "; and " + with_thousands(count_ - told) + " more";
  throw UnsupportedError({plan.models.front()->path(), {}, {}}, text + hint);
}

}  // namespace aerotool

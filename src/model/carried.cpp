#include "model/carried.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace aerotool {
namespace {

void set_text(Metadata& metadata, std::string_view key, const std::string& text) {
  const auto known = std::find_if(metadata.entries.begin(), metadata.entries.end(),
                                  [&](const auto& entry) { return entry.first == key; });
  if (known != metadata.entries.end()) {
    known->second = Value::string(text);
  } else {
    metadata.entries.emplace_back(key, Value::string(text));
  }
}

void rename(const Plan& plan, Source& source) {
  if (source.format.empty() || !(plan.name || plan.architecture)) return;
  if (!source.metadata) source.metadata.emplace();
  const NameKeys keys = name_keys(source.typed_metadata);
  if (plan.name) set_text(*source.metadata, keys.name, *plan.name);
  if (plan.architecture) set_text(*source.metadata, keys.architecture, *plan.architecture);
}

void drop(Source& source, std::vector<std::string>& dropped) {
  if (source.order) dropped.emplace_back("the source's order of tensors");
  if (source.head) dropped.emplace_back("the source's own header bytes");
  if (!source.gaps.empty()) dropped.emplace_back("bytes between the source's tensors");
  if (!source.files.empty()) dropped.emplace_back("how the source divides its tensors into files");
  source.order.reset();
  source.head.reset();
  source.gaps.clear();
  source.files.clear();
  source.index.reset();
  source.index_path.clear();
}

/// Turns indexes into a model's tensors into indexes into a plan's.
class Renumbering {
 public:
  explicit Renumbering(const Plan& plan) : plan_(plan), place_(plan.tensors.size()) {
    for (std::size_t i = 0; i < plan.tensors.size(); ++i) place_[plan.tensors[i].index] = i;
  }

  void apply(std::vector<std::uint64_t>& order) {
    if (seen_.empty()) seen_.resize(place_.size());
    for (std::uint64_t& tensor : order) {
      if (tensor >= place_.size() || seen_[tensor]) refuse();
      seen_[tensor] = true;
      tensor = place_[tensor];
    }
    named_ += order.size();
  }
  void finish() const {
    if (named_ != place_.size()) refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    throw CorruptError({plan_.models.front()->path(), {}, {}},
                       "\"source\": \"order\" does not name every tensor once");
  }

  const Plan& plan_;
  std::vector<std::uint64_t> place_;
  std::vector<bool> seen_;
  std::size_t named_ = 0;
};

}  // namespace

NameKeys name_keys(bool typed_metadata) {
  if (typed_metadata) return {"general.name", "general.architecture"};
  return {"model_name", "architecture"};
}

Carried carried(const Plan& plan) {
  Carried carried;
  carried.source = plan.models.front()->source();
  Source& source = carried.source;
  carried.in_files = !source.files.empty();
  rename(plan, source);
  if (!plan.whole) {
    drop(source, carried.dropped);
    return carried;
  }
  if (source.order) {
    Renumbering order(plan);
    order.apply(*source.order);
    order.finish();
  }
  if (!source.files.empty()) {
    Renumbering files(plan);
    for (SourceFile& file : source.files) files.apply(file.order);
    files.finish();
  }
  return carried;
}

}  // namespace aerotool

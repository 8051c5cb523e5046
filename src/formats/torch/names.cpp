#include "formats/torch/names.hpp"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "core/distinct.hpp"
#include "core/error.hpp"
#include "core/text.hpp"
#include "encoding/pickle/walk.hpp"
#include "formats/torch/contents.hpp"
#include "formats/torch/globals.hpp"
#include "formats/torch/holding.hpp"

namespace aerotool::torch {
namespace {

using pickle::Kind;
using pickle::NodeId;
using pickle::Nodes;

constexpr std::array<std::string_view, 8> kWrappers = {
    "state_dict", "model_state_dict", "model", "module", "net", "params", "params_ema", "network_weights"};
constexpr std::size_t kMaxName = std::size_t{1} << 16;
constexpr std::size_t kMaxNames = std::size_t{1} << 30;  // all together
// Tied weights have two names, or a few: a small pickle with millions of paths is none of a model.
constexpr std::size_t kMostNames = 65'536;
constexpr std::size_t kMostNamesEach = 16;
constexpr std::string_view kRootTensor = "tensor";

/// Goes along every path, no deeper than a Path lets it.
class Walk {
 public:
  Walk(const Pickled& pickled, const std::string& path, std::string_view key)
      : pickled_(pickled),
        nodes_(pickled.nodes()),
        path_(path),
        holding_(nodes_, pickled.root()),
        key_(key),
        is_chosen_(key.empty()) {}

  Names run() {
    visit(pickled_.root());
    if (!key_.empty() && !found_key_) throw UsageError(describe({path_, {}, {}}, nothing_there()));
    if (key_.empty()) unwrap();
    find_same();
    names_.tensors.shrink_to_fit();
    return std::move(names_);
  }

 private:
  // ---- the way

  void visit(NodeId id) {
    id = resolved(nodes_, id);
    if (nodes_.kind(id) == Kind::record) return take(nodes_.record(id));
    const Container container = container_of(nodes_, id);
    if (container == Container::none) return look_into_call(id);
    switch (way_.enter(id)) {
      case pickle::Path::Step::entered:
        break;
      case pickle::Path::Step::inside_itself:
        return;
      case pickle::Path::Step::too_deep:
      case pickle::Path::Step::too_many:
        throw UnsupportedError({path_, {}, {}}, "more ways lead through its containers than are walked");
    }
    const VisitMember step_into = [&](const Place& place, NodeId value) { step(place, value); };
    container == Container::module ? for_each_state(nodes_, id, step_into)
                                   : for_each_member(nodes_, id, step_into);
    if (container == Container::object) look_into_call(id);
    way_.leave();
  }

  void step(const Place& place, NodeId value) {
    const Kind kind = nodes_.kind(value);
    // Nothing lies in most of what there is, and no tensor in most of the rest.
    if (!holding_.leads_to_record(value)) return;
    if (kind != Kind::record && kind != Kind::call && container_of(nodes_, value) == Container::none) return;
    const std::size_t before = name_.size();
    if (way_.depth() > 1) name_ += '.';
    last_ = name_.size();
    name_ += text_of(nodes_, place);
    if (name_.size() > kMaxName) {
      throw UnsupportedError({path_, {}, {}}, "the path of a tensor takes " + plural(name_.size(), "byte") +
                                                  "; at most " + with_thousands(kMaxName) + " are handled");
    }
    const bool chooses = !is_chosen_ && name_ == key_;
    if (chooses) {
      is_chosen_ = true;
      found_key_ = true;
      cut_ = name_.size() + 1;
    }
    const bool is_top = way_.depth() == 1;
    const Taken taken{names_.tensors.size(), names_.objects.size(), names_.left_out.size()};
    visit(value);
    if (is_top) note_top(place, value, taken);
    if (chooses) is_chosen_ = false;
    name_.resize(before);
  }

  /// What calls of other globals have as their arguments is not what they give.
  void look_into_call(NodeId id) {
    if (nodes_.kind(id) != Kind::call || !is_chosen_) return;
    const Meaning meaning = meaning_of_call(nodes_, id);
    if (meaning != Meaning::unknown && meaning != Meaning::instance) return;
    bool holds_tensor = false;
    pickle::for_each_node(nodes_, nodes_.arguments(id), [&](NodeId inner) {
      if (nodes_.kind(inner) == Kind::record) holds_tensor = true;
      return !holds_tensor && ++looked_ < pickle::kMaxSteps;
    });
    if (holds_tensor)
      leave_out("is given to a call of " + shown(class_of(nodes_, id)) +
                ": what that makes of it, nobody knows");
  }

  // ---- tensors

  std::string current_name() const {
    if (way_.depth() == 0) return std::string(kRootTensor);
    // A tensor that is named by the key itself has its last part.
    return name_.substr(std::min(cut_, name_.size()) == name_.size() && cut_ > 0 ? last_ : cut_);
  }

  void count(std::size_t size) {
    const std::size_t count = names_.tensors.size() + names_.left_out.size();
    if (count >= kMaxTensors || (named_ += size) > kMaxNames)
      throw UnsupportedError({path_, {}, {}}, "it has more tensors than are handled");
    const std::size_t there = pickled_.tensors().size() + pickled_.unread().size();
    if (count >= kMostNames + kMostNamesEach * there)
      throw UnsupportedError({path_, {}, {}}, "more ways lead to its tensors than are walked");
  }

  void leave_out(std::string why) {
    std::string name = current_name();
    count(name.size());
    names_.left_out.push_back({std::move(name), std::move(why)});
  }

  void take(pickle::Record record) {
    if (!is_chosen_) return;
    const std::size_t number = Pickled::number(record);
    switch (Pickled::made(record)) {
      case Made::storage:
        // Which elements they are, nobody says.
        return leave_out("is a storage by itself, and no tensor");
      case Made::unread:
        return leave_out(pickled_.unread()[number]);
      case Made::tensor:
        return add(current_name(), static_cast<std::uint32_t>(number), false);
      case Made::object:
        break;
    }
    const PickledObject& object = pickled_.objects()[number];
    const std::string name = current_name();
    names_.objects.push_back({name, static_cast<std::uint32_t>(number), names_.tensors.size()});
    for (const PickledObject::Part& part : object.parts)
      add(name + "." + std::string(part.role), part.tensor, part.is_flat);
  }

  void add(std::string name, std::uint32_t tensor, bool is_flat) {
    count(name.size());
    names_.tensors.push_back({std::move(name), tensor, is_flat});
  }

  // ---- the wrapper

  struct Taken {
    std::size_t tensors = 0;
    std::size_t objects = 0;
    std::size_t left_out = 0;
  };

  void note_top(const Place& place, NodeId value, const Taken& before) {
    const bool is_any = names_.tensors.size() > before.tensors || names_.left_out.size() > before.left_out;
    if (!is_any) return;
    if (nodes_.kind(resolved(nodes_, value)) == Kind::record) holds_itself_ = true;
    if (place.key == pickle::kNoNode || nodes_.kind(place.key) != Kind::text) return;
    const std::string key = key_text(nodes_, place.key);
    const bool is_dict = container_of(nodes_, value) == Container::mapping;
    if (!is_dict || std::ranges::find(kWrappers, key) == kWrappers.end()) return;
    ++wrappers_;
    wrapper_ = key;
    begin_ = before;
    end_ = {names_.tensors.size(), names_.objects.size(), names_.left_out.size()};
  }

  void unwrap() {
    const NodeId root = resolved(nodes_, pickled_.root());
    if (wrappers_ != 1 || holds_itself_ || container_of(nodes_, root) != Container::mapping) return;
    const std::size_t length = wrapper_.size() + 1;
    // Names that are equal after it leave all as it is.
    std::unordered_set<std::string_view> others;
    for (std::size_t i = 0; i < names_.tensors.size(); ++i) {
      if (i < begin_.tensors || i >= end_.tensors) others.insert(names_.tensors[i].name);
    }
    for (std::size_t i = begin_.tensors; i < end_.tensors; ++i) {
      if (others.contains(std::string_view(names_.tensors[i].name).substr(length))) return;
    }
    names_.unwrapped = wrapper_;
    for (std::size_t i = begin_.tensors; i < end_.tensors; ++i) names_.tensors[i].name.erase(0, length);
    for (std::size_t i = begin_.objects; i < end_.objects; ++i) names_.objects[i].name.erase(0, length);
    for (std::size_t i = begin_.left_out; i < end_.left_out; ++i) names_.left_out[i].name.erase(0, length);
  }

  void find_same() {
    DistinctHashes hashes;
    hashes.reserve(names_.tensors.size());
    for (const NamedTensor& tensor : names_.tensors) hashes.add(tensor.name);
    if (hashes.differ()) return;
    std::vector<std::string_view> sorted;
    sorted.reserve(names_.tensors.size());
    for (const NamedTensor& tensor : names_.tensors) sorted.push_back(tensor.name);
    std::ranges::sort(sorted);
    for (std::size_t i = 1; i < sorted.size(); ++i) {
      const bool is_told = !names_.same.empty() && names_.same.back() == sorted[i];
      if (sorted[i] == sorted[i - 1] && !is_told) names_.same.emplace_back(sorted[i]);
    }
  }

  std::string nothing_there() const {
    std::vector<std::string> keys;
    for_each_member(nodes_, resolved(nodes_, pickled_.root()), [&](const Place& place, NodeId value) {
      constexpr std::size_t kMostLooked = 100;
      if (keys.size() < kMostLooked && container_of(nodes_, resolved(nodes_, value)) != Container::none)
        keys.push_back(text_of(nodes_, place));
    });
    constexpr std::size_t kMostListed = 10;
    std::string text = "nothing lies under the key " + shown(key_);
    if (!keys.empty()) text += "; there are " + listed(keys, kMostListed, Quotes::yes);
    return text;
  }

  const Pickled& pickled_;
  const Nodes& nodes_;
  const std::string& path_;
  Holding holding_;
  std::string_view key_;
  bool is_chosen_;  // what is met is wanted
  bool found_key_ = false;
  std::size_t cut_ = 0;  // so much of the name is the key
  Names names_;
  pickle::Path way_;
  std::string name_;
  std::size_t last_ = 0;   // where its last part begins
  std::size_t named_ = 0;  // bytes of all names
  std::uint64_t looked_ = 0;
  bool holds_itself_ = false;  // the root holds a tensor
  std::size_t wrappers_ = 0;
  std::string wrapper_;  // the last one that was met, and what it holds
  Taken begin_;
  Taken end_;
};

}  // namespace

Names names_of(const Pickled& pickled, const std::string& path, std::string_view key) {
  return Walk(pickled, path, key).run();
}

}  // namespace aerotool::torch
